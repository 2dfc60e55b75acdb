"""How a lab comes about: the layers of its hosts, a first life that is kept, and a home that begins with it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gti.lab.real import base, birth, machine
from gti.lab.real.artifacts import recipes
from gti.lab.real.artifacts.cache import Cache, Recipe
from gti.lab.real.hosts import HOSTS, LabHost, host_called
from gti.lab.real.place import Place, write_whole
from gti.lab.real.rack import Rack

Tell = Callable[[str], None]

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for recipe in (base.BASE, base.JAVA, base.MARIADB, base.POSTGRESQL, recipes.JDK, *recipes.SERVERS)
}


@dataclass(frozen=True)
class State:
    """What a lab remembers: the first life it began with, whom it has, whether its first day is still to come."""

    born: str
    hosts: tuple[LabHost, ...]
    fresh: bool


def remembered(place: Place) -> State | None:
    """None when no lab was made, or its making was interrupted."""
    try:
        kept = json.loads(place.state.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return State(kept["born"], tuple(host_called(alias) for alias in kept["hosts"]), kept["fresh"])


def remember(place: Place, state: State) -> None:
    kept = {"born": state.born, "hosts": [host.alias for host in state.hosts], "fresh": state.fresh}
    write_whole(place.state, json.dumps(kept))


def is_current(place: Place, state: State) -> bool:
    """Whether this gti would make the same lab."""
    return state.born in {_first_life(place, hosts).home.name for hosts in (HOSTS, state.hosts)}


def make(place: Place, wanted: Sequence[LabHost], tell: Tell) -> State:
    """A home with containers, ready to start."""
    whole = _first_life(place, HOSTS)
    hosts = HOSTS if whole.home.exists() else tuple(wanted)
    machine.install_tools(tell)
    cache = Cache(place.cache, tell)
    layers = cache.layers([RECIPES[name] for name in _layer_names(hosts)])
    born = _first_life(place, hosts)
    if not born.home.exists():
        _give_birth(born, hosts, layers, tell)
    cache.prune(RECIPES.values())
    _forget_lives(place, but=(whole, born))
    shutil.rmtree(place.home, ignore_errors=True)
    birth.inherit(born, place)
    rack = Rack(place, tell)
    for host in hosts:
        rack.container(host).configure([*(layers[name] for name in host.layers), born.delta(host)])
    state = State(born.home.name, hosts, fresh=True)
    remember(place, state)
    return state


def _forget_lives(place: Place, but: Sequence[Place]) -> None:
    """Those of other versions of gti. No lab stands on them: this machine's only one is being made."""
    kept = {life.home.name for life in but}
    for folder in (place.cache / "born").iterdir():
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def _layer_names(hosts: Sequence[LabHost]) -> list[str]:
    return list(dict.fromkeys(name for host in hosts for name in host.layers))


def _first_life(place: Place, hosts: Sequence[LabHost]) -> Place:
    keys = {name: RECIPES[name].key for name in _layer_names(hosts)}
    return replace(place, home=place.cache / "born" / birth.key_of(hosts, keys))


def _give_birth(born: Place, hosts: Sequence[LabHost], layers: dict[str, Path], tell: Tell) -> None:
    started = time.monotonic()
    tell("setting the servers up and filling them, for the first time (usually 4 minutes)")
    part = replace(born, home=born.home.with_suffix(".part"))
    rack = Rack(part, tell)
    rack.kill(HOSTS)  # of a making that was interrupted
    shutil.rmtree(part.home, ignore_errors=True)
    try:
        birth.make(part, hosts, layers, rack)
    except BaseException:
        rack.kill(hosts)
        raise
    birth.keep(part.home, born.home)
    tell(f"set up and filled in {time.monotonic() - started:.0f} s")
