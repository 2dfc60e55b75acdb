"""The same work on many hosts: capped, in order, and one dead host costs its own row only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Generic, TypeVar, cast

from gti.errors import GtiError

Item = TypeVar("Item")
Value = TypeVar("Value")

DEFAULT_PARALLEL = 16
GLANCE = 0.2  # seconds; a wait without a limit cannot be interrupted on every system


@dataclass(frozen=True)
class Outcome(Generic[Item, Value]):
    """Either a value or gti's own error; any other exception is a bug and is raised."""

    item: Item
    value: Value | None = None
    error: GtiError | None = None


def fan_out(
    items: Sequence[Item], work: Callable[[Item], Value], parallel: int = DEFAULT_PARALLEL
) -> Iterator[Outcome[Item, Value]]:
    """Yields in the order of `items`, each as soon as it and all before it are there."""
    todo: SimpleQueue[int] = SimpleQueue()
    done: SimpleQueue[tuple[int, Outcome[Item, Value] | BaseException]] = SimpleQueue()
    stop = Event()
    for position in range(len(items)):
        todo.put(position)

    def labour() -> None:
        while not stop.is_set():
            try:
                position = todo.get_nowait()
            except Empty:
                return
            done.put((position, _attempt(items[position], work)))

    for _ in range(min(max(1, parallel), len(items))):
        Thread(target=labour, daemon=True).start()
    try:
        yield from _in_order(done, len(items))
    finally:
        stop.set()


def _attempt(item: Item, work: Callable[[Item], Value]) -> Outcome[Item, Value] | BaseException:
    try:
        return Outcome(item, value=work(item))
    except GtiError as error:
        return Outcome(item, error=error)
    except BaseException as bug:  # noqa: BLE001 - raised again in the thread that waits
        return bug


def _in_order(
    done: SimpleQueue[tuple[int, Outcome[Item, Value] | BaseException]], count: int
) -> Iterator[Outcome[Item, Value]]:
    early: dict[int, Outcome[Item, Value]] = {}
    for position in range(count):
        while position not in early:
            try:
                arrived, outcome = done.get(timeout=GLANCE)
            except Empty:
                continue
            if isinstance(outcome, BaseException):
                raise outcome
            early[arrived] = outcome
        yield early.pop(position)


@dataclass(frozen=True)
class Late:
    """A task that did not come back in time. Its thread is left behind; it ends with the program."""


def within(seconds: float, tasks: Mapping[str, Callable[[], Value]]) -> dict[str, Value | GtiError | Late]:
    """All tasks at once, and an entry for each when the time is up."""
    done: SimpleQueue[tuple[str, Outcome[str, Value] | BaseException]] = SimpleQueue()

    def labour(name: str, task: Callable[[], Value]) -> None:
        done.put((name, _attempt(name, lambda _: task())))

    for name, task in tasks.items():
        Thread(target=labour, args=(name, task), daemon=True).start()
    until = time.monotonic() + seconds
    results: dict[str, Value | GtiError | Late] = dict.fromkeys(tasks, Late())
    for _ in tasks:
        try:
            name, outcome = done.get(timeout=max(0.001, until - time.monotonic()))
        except Empty:
            break
        if isinstance(outcome, BaseException):
            raise outcome
        results[name] = outcome.error or cast(Value, outcome.value)
    return results
