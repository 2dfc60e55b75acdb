"""`gti doctor` as it is typed. The hosts of this site refuse every connection."""

from __future__ import annotations

import csv
import io
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gti.cli.main import run


@pytest.fixture
def site(tmp_path, monkeypatch) -> Iterator[Path]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    file = tmp_path / "gti.toml"
    file.write_text(f'[sites.s.hosts.dead]\nname = "localhost"\nport = {port}\n')
    return file


def test_a_dead_host_is_one_error_and_exit_4(site, capsys):
    code = run(["--site", str(site), "doctor", "dead", "-o", "json"])
    (check,) = json.loads(capsys.readouterr().out)
    assert code == 4
    assert check["what"].startswith("does not answer SSH: connection refused")
    assert check["mend"].startswith("gti status dead")


def test_the_workstation_is_a_word_of_its_own(site, capsys):
    assert run(["--site", str(site), "doctor", "workstation", "-o", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert list(rows[0]) == ["subject", "topic", "health", "what", "mend"]
    assert {row["subject"] for row in rows} == {"workstation"}


def test_the_table_shows_findings_only_unless_all_is_asked_for(site, capsys):
    run(["--site", str(site), "doctor", "workstation"])
    findings = capsys.readouterr()
    run(["--site", str(site), "doctor", "workstation", "--all"])
    assert "Python 3" not in findings.out
    assert "Python 3" in capsys.readouterr().out
    assert "checks, 2 warnings" in findings.err


def test_everything_is_the_workstation_and_every_host(site, capsys):
    assert run(["--site", str(site), "doctor", "-o", "json"]) == 4
    checks = json.loads(capsys.readouterr().out)
    assert {check["subject"] for check in checks} == {"workstation", "dead"}


def test_a_broken_site_file_is_a_finding_and_exit_3(site, capsys):
    site.write_text("[sites.s]\nuzer = 1\n")
    assert run(["--site", str(site), "doctor"]) == 3
    assert "unknown key 'uzer'" in capsys.readouterr().out


def test_an_unknown_host_is_a_usage_error(site):
    assert run(["--site", str(site), "doctor", "kafkaa"]) == 2
