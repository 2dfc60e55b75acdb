"""Whatever a site file contains: it is understood, or refused with file, line and mend. Never a traceback."""

import math
from datetime import date, datetime, time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gti.errors import GtiError
from gti.site.check import check
from gti.site.document import read
from gti.site.find import BUILTIN, builtin
from gti.site.finding import SiteError
from gti.site.load import default_name, load, site_names
from gti.site.schema import HOST_KEYS, SERVICE_KEYS, SITE_KEYS

ABOUT_THE_WHOLE_FILE = ("defines no site", "has several sites", "is nested too deeply", "others can read it")


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz") / "gti.toml"


@pytest.fixture
def survives(file, monkeypatch):
    """Finds, loads and checks every site of a file."""
    monkeypatch.setenv("HOME", str(file.parent))

    def survives(content):
        if isinstance(content, str):
            content = content.encode("utf-8", "replace")
        file.write_bytes(content)
        last_line = content.count(b"\n") + 1
        try:
            document = read(file)
        except SiteError as error:
            return _is_told(error.findings, file, last_line)
        _told_or_done(lambda: default_name(document), file, last_line)
        for name in site_names(document):
            _is_told(_checked(document, name), file, last_line)
            _told_or_done(lambda name=name: load(document, name, builtin()), file, last_line)
        return None

    return survives


def _checked(document, name):
    """`check` answers with findings, it never raises."""
    return check(document, name, builtin())


def _told_or_done(attempt, file, last_line):
    try:
        attempt()
    except GtiError as error:
        assert isinstance(error, SiteError)
        assert error.lines()
        _is_told(error.findings, file, last_line)


def _is_told(findings, file, last_line):
    for finding in findings:
        line = finding.place.line
        assert finding.what
        assert finding.mend
        if finding.place.file != BUILTIN:
            assert finding.place.file in (file, file.with_name(".env"))
            assert 1 <= line <= last_line or (line == 0 and finding.what.startswith(ABOUT_THE_WHOLE_FILE)), finding


fuzzed = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


# Anything at all


@fuzzed
@given(st.binary())
@example(b"\xef\xbb\xbf")
@example(b"\xef\xbb\xbfa\n\n\n\xff")
@example(b"\r")
def test_any_bytes(survives, content):
    survives(content)


@fuzzed
@given(st.text(st.sampled_from("[]{}=.\"'#,\\\n\r\t -_:abc019+eTZ\u00e9\u2028\x00")) | st.text())
@example("a = " + "9" * 5000)
@example("a = " + "[" * 5000)
@example("sites.a." + "b." * 3000 + "c = 1")
@example("default." + "a." * 3000 + "b = 1\n[sites.x]")
@example("default = 0x" + "f" * 9000 + "\n[sites.x]")
@example("[sites.x]\nextends." + "a." * 3000 + "b = 1")
@example("[sites.x]\nextends = 0x" + "f" * 9000)
@example('[sites."\\u0000\\n"]\nextends = "\\u0000"\n"\\u001b[2J" = 1')
@example("[sites.x.hosts." + "a" * 70 + "]\n")
@example("[[sites]]\nx = 1")
@example("[[sites.x]]\n[[sites.x.hosts]]")
@example("sites.x.hosts = []\nsites.x.services = 1979-05-27")
def test_any_text(survives, text):
    survives(text)


# The built-in file, damaged

LINES = BUILTIN.read_text(encoding="utf-8").splitlines()
PLACES = st.integers(0, len(LINES) - 1)
LITERALS = st.one_of(
    st.sampled_from([
        "", "inf", "-nan", "1e999", "0x" + "f" * 5000, "9" * 20, "-0", "true", "1979-05-27T07:32:00Z", "07:32:00",
        '""', "''", '"""\n\nname = 1\n"""', "'''\n# '''", "[]", "{}", "[[[[]]]]", "[" * 300 + "]" * 300,
        "{ a.b = 1 }", '["kafka", "minio", 5]', '"\\u0000"', '"~nobody-at-all/x"', '"env:X"', '"gti"',
        '"../../etc"', '["a",\n"b"\n]',
    ]),
    st.integers().map(str),
    st.floats().map(str),
    st.dates().map(str),
    st.text().map(lambda text: toml(text)),
)  # fmt: skip


def deleted(lines, at, to, literal):
    return lines[:at] + lines[at + 1 :]


def doubled(lines, at, to, literal):
    return [*lines[:to], lines[at], *lines[to:]]


def swapped(lines, at, to, literal):
    lines = list(lines)
    lines[at], lines[to] = lines[to], lines[at]
    return lines


def replaced(lines, at, to, literal):
    return [*lines[:at], f"{lines[at].partition('=')[0]}= {literal}", *lines[at + 1 :]]


def inserted(lines, at, to, literal):
    return [*lines[:at], literal, *lines[at:]]


def cut(lines, at, to, literal):
    return [*lines[:at], lines[at][: to % (len(lines[at]) + 1)], *lines[at + 1 :]]


HOW = st.sampled_from([deleted, doubled, swapped, replaced, inserted, cut])
DAMAGES = st.tuples(HOW, PLACES, PLACES, LITERALS)


@fuzzed
@given(st.lists(DAMAGES, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]))
def test_the_built_in_file_damaged(survives, damages, end):
    lines = LINES
    for damage, at, to, literal in damages:
        lines = damage(lines, min(at, len(lines) - 1), min(to, len(lines) - 1), literal)
    survives(end.join(lines))


# Files of the right shape, with values of every kind


def toml(value):
    """A value as TOML writes it: just enough for this test."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in value) + '"'
    if isinstance(value, float):
        return str(value) if not math.isfinite(value) else f"{value:.17e}"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{toml(key)} = {toml(item)}' for key, item in value.items())} }}"
    return str(value)


def tables(data, path=()):
    """A document with a header for every table that is not inside a list."""
    plain = {key: item for key, item in data.items() if not isinstance(item, dict)}
    yield f"[{'.'.join(map(toml, path))}]" if path else ""
    yield from (f"{toml(key)} = {toml(item)}" for key, item in plain.items())
    for key, item in data.items():
        if isinstance(item, dict):
            yield from tables(item, (*path, key))


NAMES = st.sampled_from(["a", "b", "c", "kafka", "kafak", "gti", "A b", ""])
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SENSIBLE = st.sampled_from([
    "a", "b", "c", "gti", "kafka", "metastore", "192.0.2.1", "::1", "a.lab", "direct", "ssh", "5s", "~/.ssh/x",
    "~", "/", "env:X", "SHA256:" + "A" * 43, 22, 9092, True, ["a"], ["b", "c"], ["/bin/true", "-x"], [], {},
    {"name": "a.lab"},
])  # fmt: skip
SCALARS = st.one_of(
    SENSIBLE,
    TEXTS,
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.datetimes(),
    st.dates(),
    st.times(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def table_of(keys):
    """A table as the schema has it, now and then with a key too many or something else altogether."""
    known = st.dictionaries(st.sampled_from(sorted(keys)), SENSIBLE | VALUES, max_size=len(keys))
    return st.builds(lambda said, more: said | more, known, st.dictionaries(TEXTS, VALUES, max_size=1)) | VALUES


SECTIONS = {
    "hosts": st.dictionaries(NAMES | TEXTS, table_of(HOST_KEYS), max_size=4) | VALUES,
    "services": st.dictionaries(NAMES | TEXTS, table_of(SERVICE_KEYS), max_size=5) | VALUES,
}
SITES = st.builds(
    lambda said, sections: {**said, **sections} if isinstance(said, dict) else said,
    table_of(SITE_KEYS),
    st.fixed_dictionaries({}, optional=SECTIONS),
)
DOCUMENTS = st.fixed_dictionaries(
    {"sites": st.dictionaries(NAMES, SITES, min_size=1, max_size=3)},
    optional={"default": NAMES | VALUES, "site": VALUES},
)


@fuzzed
@given(DOCUMENTS, st.booleans())
def test_files_of_the_right_shape(survives, data, inline):
    lines = (f"{toml(key)} = {toml(item)}" for key, item in data.items()) if inline else tables(data)
    survives("\n".join(lines))


HOST = st.sampled_from(["a", "b"])
SERVICES = st.fixed_dictionaries(
    {"component": st.sampled_from(["kafka", "trino"]), "host": HOST},
    optional={
        "unit": st.just("x"),
        "start": st.just(["x"]),
        "stop": st.just(["x"]),
        "status": st.just(["x"]),
        "needs": st.lists(NAMES, max_size=3),
        "wants": st.lists(NAMES, max_size=2),
        "port": st.integers(1, 4),
        "web_port": st.integers(1, 4),
    },
)
NEARLY_RIGHT = st.dictionaries(st.sampled_from("abcdef"), SERVICES, max_size=6)
FOUR_HOSTS = {
    "a": {"name": "a.lab", "address": "192.0.2.1"},
    "b": {"name": "b.lab", "address": "192.0.2.1", "port": 2222},
}


@fuzzed
@given(NEARLY_RIGHT, NEARLY_RIGHT)
def test_sites_that_are_nearly_right(survives, base, own):
    """Their faults are of the kind that only shows when everything else is in order."""
    sites = {
        "base": {"hosts": FOUR_HOSTS, "services": base},
        "own": {"extends": "base", "services": own},
    }
    survives("\n".join(tables({"default": "own", "sites": sites})))


def test_the_toml_of_this_test_is_toml(file):
    data = {"a": {"b c": [1, 2.5, True, 'x"\n\u00e9'], "d": {}}, "e": date(1979, 5, 27)}
    file.write_text("\n".join(tables(data)), encoding="utf-8")
    assert read(file).data == data
