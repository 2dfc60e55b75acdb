"""Rows on stdout: aligned for people, exact for programs."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from wcwidth import wcswidth

from gti.cli.app import App
from gti.cli.output import Column, as_csv, as_json, as_table, as_yaml, plain

COLUMNS = [Column("HOST", "host"), Column("HEALTH", "health", colored=True), Column("SAYS", "says")]
ROWS = [
    {"host": "kafka", "health": "ok", "says": "版本一"},
    {"host": "minio", "health": "unhealthy", "says": 'disk, "full"\nsince 02:41'},
    {"host": "trino", "health": "unknown", "says": None},
]


@pytest.fixture
def app() -> App:
    return App()


def test_columns_stay_aligned_under_wide_characters(app: App) -> None:
    rows = [
        {"host": "版本一", "health": "ok", "says": "left"},
        {"host": "kafka", "health": "ok", "says": "left"},
        {"host": "é🐘", "health": "ok", "says": "left"},
    ]
    head, *lines = as_table(app, rows, COLUMNS).splitlines()
    starts = {wcswidth(line[: line.index("left")]) for line in lines}
    assert starts == {wcswidth(head[: head.index("SAYS")])}


def test_an_unknown_value_is_a_dash_in_a_table_and_null_in_json(app: App) -> None:
    assert as_table(app, ROWS, COLUMNS).splitlines()[-1].split() == ["trino", "unknown", "-"]
    assert json.loads(as_json(app, ROWS))[2]["says"] is None


def test_no_rows_print_nothing_as_a_table_and_an_empty_list_as_json(app: App) -> None:
    assert as_table(app, [], COLUMNS) == ""
    assert as_csv(app, []) == ""
    assert json.loads(as_json(app, [])) == []


def test_json_yaml_and_csv_give_back_what_went_in(app: App) -> None:
    assert json.loads(as_json(app, ROWS)) == ROWS
    assert yaml.safe_load(as_yaml(app, ROWS)) == ROWS
    assert list(csv.DictReader(io.StringIO(as_csv(app, ROWS)))) == [
        row | {"says": row["says"] or ""} for row in ROWS
    ]


def test_compact_json_is_one_line_for_each_document(app: App) -> None:
    assert as_json(app, ROWS, compact=True).count("\n") == 1


def test_json_writes_letters_as_letters(app: App) -> None:
    assert "版本一" in as_json(app, ROWS)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 6789, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (Path("/etc/gti.toml"), str(Path("/etc/gti.toml"))),
        ((1, ("a",)), [1, ["a"]]),
        ({"at": Path("x")}, {"at": "x"}),
        (None, None),
        (True, True),
    ],
)
def test_values_print_as_json_knows_them(value: object, printed: object) -> None:
    assert plain(value) == printed


@pytest.mark.parametrize("written", [as_json, as_yaml, as_csv])
def test_a_secret_is_masked_in_every_form(app: App, written) -> None:
    app.masker.add("s3cret-word")
    text = written(app, [{"says": "login with s3cret-word failed"}])
    assert "s3cret-word" not in text
    assert "login with ******** failed" in text


def test_a_secret_is_masked_in_a_table(app: App) -> None:
    app.masker.add("s3cret-word")
    assert "s3cret-word" not in as_table(app, [{"says": "s3cret-word"}], [Column("SAYS", "says")])


def test_a_table_does_not_obey_what_a_host_says(app: App) -> None:
    assert "\x1b" not in as_table(app, [{"says": "\x1b[2Jgone"}], [Column("SAYS", "says")])


def test_a_secret_is_masked_in_a_traceback(app: App, capsys: pytest.CaptureFixture[str]) -> None:
    app.masker.add("s3cret-word")
    app.show_traceback(ValueError("login with s3cret-word failed"))
    assert capsys.readouterr().err == "ValueError: login with ******** failed\n"
