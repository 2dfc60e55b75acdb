"""One direction, no way back: what each room may import, read off the source."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "errors": set(),
    "site": {"errors"},
    "secrets": {"errors", "site"},
    "remote": {"errors", "site"},
    "components": {"errors", "site", "remote"},
    "status": {"errors", "site", "secrets", "remote", "components"},
    "doctor": {"errors", "site", "secrets", "remote", "components"},
    "lab": {"errors", "site", "secrets", "remote", "components", "status"},
    "cli": {"errors", "site", "secrets", "remote", "components", "status", "doctor", "lab"},
}
ONLY_AT_THE_EDGE = {"click", "questionary", "tabulate"}
SOURCES = sorted((ROOT / "gti").rglob("*.py"))


def imports(source: Path) -> set[str]:
    """Every module that a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: imports are absolute"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def room(source: Path) -> str:
    return source.relative_to(ROOT / "gti").parts[0].removesuffix(".py")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_a_room_imports_only_the_rooms_below_it(source: Path) -> None:
    if room(source) in ("__init__", "__main__"):
        return
    rooms = {name.split(".")[1] for name in imports(source) if name.startswith("gti.")}
    assert rooms - {room(source)} <= MAY_IMPORT[room(source)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_only_the_edge_knows_the_terminal_libraries(source: Path) -> None:
    if room(source) != "cli":
        assert not {name.split(".")[0] for name in imports(source)} & ONLY_AT_THE_EDGE
