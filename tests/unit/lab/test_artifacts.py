"""The layers of the real lab: built once, whole or not there, and noticed when they are no longer as built."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

import gti
from gti.errors import Failed
from gti.lab.real.artifacts.cache import Cache, Recipe, Workshop

DEADLINE = 20.0


def _greeting(root: Path, workshop: Workshop) -> None:
    (root / "opt").mkdir()
    workshop.run(
        ["sh", "-c", f"echo hello > '{root}/opt/greeting'; echo run >> '{workshop.downloads('runs')}/all'"]
    )
    (root / "opt/link").symlink_to("greeting")
    os.mkfifo(root / "opt/fifo")


def _louder(root: Path, workshop: Workshop) -> None:
    (root / "greeting").write_text((workshop.layer(GREETING) / "opt/greeting").read_text().upper())


def _failing(root: Path, workshop: Workshop) -> None:
    workshop.run(["sh", "-c", "echo no such thing >&2; exit 7"])


GREETING = Recipe("greeting", "1.0", ("org:greeting:1.0",), _greeting, usual=1)


class Told(list[str]):
    def __call__(self, line: str) -> None:
        self.append(line)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def cache(tmp_path: Path, told: Told) -> Cache:
    return Cache(tmp_path, told)


def runs(folder: Path) -> int:
    return len((folder / "downloads/runs/all").read_text().splitlines())


def test_a_layer_is_built_once_and_then_reused(cache: Cache, tmp_path: Path, told: Told) -> None:
    first = cache.layer(GREETING)
    assert (first / "opt/greeting").read_text() == "hello\n"
    assert told[0] == "building greeting 1.0 (usually 1 s)"
    assert told[1].startswith("built greeting 1.0 in ")

    assert Cache(tmp_path, told).layer(GREETING) == first
    assert runs(tmp_path) == 1
    assert len(told) == 2


def test_another_version_is_another_layer_and_prune_forgets_the_old_one(cache: Cache, tmp_path: Path) -> None:
    newer = replace(GREETING, version="1.1")
    old, new = cache.layer(GREETING), cache.layer(newer)
    assert runs(tmp_path) == 2

    cache.prune([newer])
    assert not old.exists()
    assert new.exists()


def test_the_key_follows_everything_a_layer_is_made_of(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("#!/bin/sh\n")
    with_files = replace(GREETING, files=tmp_path)
    keys = {
        GREETING.key,
        replace(GREETING, version="1.1").key,
        replace(GREETING, coordinates=("org:greeting:1.1",)).key,
        replace(GREETING, build=_failing).key,
        replace(GREETING, needs=(GREETING,)).key,
        with_files.key,
    }
    (tmp_path / "script").write_text("#!/bin/bash\n")
    assert len(keys | {replace(with_files).key}) == 7


def test_what_a_layer_needs_is_built_before_it(cache: Cache) -> None:
    louder = Recipe("louder", "1.0", (), _louder, usual=1, needs=(GREETING,))
    layers = cache.layers([louder])
    assert list(layers) == ["greeting", "louder"]
    assert (layers["louder"] / "greeting").read_text() == "HELLO\n"


def test_files_are_laid_over_the_layer_and_scripts_are_executable(cache: Cache, tmp_path: Path) -> None:
    files = tmp_path / "files"
    (files / "opt/bin").mkdir(parents=True)
    (files / "opt/bin/greet").write_text("#!/bin/sh\n")
    (files / "opt/greeting").write_text("good morning\n")
    root = cache.layer(replace(GREETING, files=files))
    assert os.access(root / "opt/bin/greet", os.X_OK)
    assert (root / "opt/greeting").read_text() == "good morning\n"


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda root: _overwrite(root / "opt/greeting", "hollo\n"), "opt/greeting has changed"),
        (lambda root: (root / "opt/greeting").chmod(0o600), "opt/greeting has changed"),
        (lambda root: (root / "opt/link").unlink(), "opt/link is missing"),
        (lambda root: (root / "opt/new").touch(), "opt/new was added"),
        (lambda root: _overwrite(root.parent / "manifest", "{}\n"), "its manifest has changed"),
    ],
)
def test_a_damaged_layer_is_named_and_built_again(cache: Cache, tmp_path: Path, told: Told, harm, said) -> None:  # type: ignore[no-untyped-def]
    root = cache.layer(GREETING)
    harm(root)
    assert (cache.layer(GREETING) / "opt/greeting").read_text() == "hello\n"
    assert f"layer greeting: {said}: building it again" in told
    assert runs(tmp_path) == 2


def _overwrite(path: Path, text: str) -> None:
    """Of the same size, with the old times: only its content tells."""
    seen = path.stat()
    path.write_text(text)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def test_a_layer_whose_times_alone_have_changed_is_still_good(cache: Cache, tmp_path: Path) -> None:
    root = cache.layer(GREETING)
    (root / "opt/greeting").touch()
    (root.parent / "verified").write_text("half a rec")
    cache.layer(GREETING)
    assert runs(tmp_path) == 1


def test_a_failing_build_shows_its_last_words_and_names_its_log(cache: Cache, tmp_path: Path) -> None:
    with pytest.raises(Failed) as failed:
        cache.layer(Recipe("failing", "1.0", (), _failing, usual=1))
    text = "\n".join(failed.value.lines())
    assert "cannot build failing: sh failed (exit 7)" in text
    assert "no such thing" in text
    assert str(tmp_path / "logs/failing.log") in text


SLOW_BUILD = """
    import sys
    from pathlib import Path
    from gti.lab.real.artifacts.cache import Cache, Recipe

    folder = Path(sys.argv[1])

    def build(root, workshop):
        (root / "begun").write_text("half")
        (workshop.downloads("runs") / "all").open("a").write("run\\n")
        while not (folder / "go on").exists():
            workshop.run(["sleep", "0.05"])
        (root / "whole").touch()

    print(Cache(folder, lambda line: print(line, flush=True)).layer(Recipe("slow", "1.0", (), build, usual=1)))
"""


def start_slow_build(folder: Path) -> subprocess.Popen[str]:
    script = folder / "build.py"
    script.write_text(textwrap.dedent(SLOW_BUILD))
    here = {"PYTHONPATH": str(Path(gti.__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, script, folder], stdout=subprocess.PIPE, text=True, env=os.environ | here
    )


def until_begun(folder: Path, runs_expected: int = 1) -> None:
    end = time.monotonic() + DEADLINE
    while not list(folder.glob("layers/*.part/root/begun")) or runs(folder) < runs_expected:
        assert time.monotonic() < end, "the build never began"
        time.sleep(0.02)


def finish(build: subprocess.Popen[str]) -> list[str]:
    output, _ = build.communicate(timeout=DEADLINE)
    return output.splitlines()


def test_a_build_killed_half_way_is_cleared_and_done_again(tmp_path: Path) -> None:
    killed = start_slow_build(tmp_path)
    until_begun(tmp_path)
    killed.send_signal(signal.SIGKILL)
    finish(killed)
    assert [path.name.rpartition(".")[2] for path in (tmp_path / "layers").iterdir()] == ["part"]

    (tmp_path / "go on").touch()
    root = Path(finish(start_slow_build(tmp_path))[-1])
    assert sorted(path.name for path in root.iterdir()) == ["begun", "whole"]
    assert [path.name for path in (tmp_path / "layers").iterdir()] == [root.parent.name]
    assert runs(tmp_path) == 2


def test_ctrl_c_ends_a_build_and_its_commands(tmp_path: Path) -> None:
    stopped = start_slow_build(tmp_path)
    until_begun(tmp_path)
    stopped.send_signal(signal.SIGINT)
    finish(stopped)
    assert stopped.returncode != 0


def test_of_two_builds_at_once_the_second_waits_for_the_first(tmp_path: Path) -> None:
    first = start_slow_build(tmp_path)
    until_begun(tmp_path)
    second = start_slow_build(tmp_path)
    assert second.stdout is not None
    assert second.stdout.readline() == "waiting for another build of slow 1.0\n"
    (tmp_path / "go on").touch()
    assert finish(first)[-1] == finish(second)[-1]
    assert runs(tmp_path) == 1
