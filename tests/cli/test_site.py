"""`gti site`, as typed: the site shown, checked and begun, and the only way to trust a host's key."""

import csv
import io
import json
import shutil
import subprocess

import pexpect
import pytest
import yaml

from gti.site.known_hosts import KnownHosts
from tests.sshd import keygen, site_text

ANOTHER = "SHA256:" + "A" * 43


def fingerprint(sshd, kind="ed25519"):
    """As an operator reads it off the host's console."""
    public = sshd.host_key(kind).with_suffix(".pub")
    return subprocess.run(
        ["ssh-keygen", "-lf", public], capture_output=True, text=True, check=True
    ).stdout.split()[1]


@pytest.fixture
def known(site_file):
    """A known_hosts that knows nobody yet, in a folder that is not there yet."""
    file = site_file.parent / "new" / "known_hosts"
    text = site_file.read_text()
    site_file.write_text(text.replace(str(site_file.parent / "known_hosts"), str(file)))
    return file


@pytest.fixture
def on_terminal(gti):
    """gti with somebody at its terminal; returns what was shown, and the exit code."""

    def run(*arguments, answer):
        child = pexpect.spawn(gti.command[0], [*gti.command[1:], *arguments], env=gti.environment, timeout=20,
                              encoding="utf-8", dimensions=(40, 200))  # fmt: skip
        child.expect("Write them to")
        question = child.before
        child.send(answer)
        shown = question + child.read()
        child.close()
        return shown, child.exitstatus

    return run


# show


def test_show_lists_the_services_in_the_order_in_which_they_start(gti, site_file):
    site_file.write_text(
        "[sites.test.hosts.box]\nname = 'box.invalid'\n"
        "[sites.test.services.trino]\ncomponent = 'trino'\nhost = 'box'\nunit = 'trino'\nneeds = ['minio']\n"
        "[sites.test.services.minio]\ncomponent = 'minio'\nhost = 'box'\nunit = 'minio'\n"
    )
    assert [row["service"] for row in gti("site", "show", "-o", "json").json()["services"]] == ["minio", "trino"]


def test_show_prints_the_same_site_in_every_form(gti):
    as_json = gti("site", "show", "-o", "json").json()
    assert yaml.safe_load(gti("site", "show", "-o", "yaml").out) == as_json
    rows = list(csv.DictReader(io.StringIO(gti("site", "show", "-o", "csv").out)))
    assert [row["service"] for row in rows] == [service["service"] for service in as_json["services"]]
    assert as_json["site"] == "test"
    assert [host["host"] for host in as_json["hosts"]] == ["here", "there", "dead"]


def test_show_says_on_stderr_which_site_it_is(gti, site_file):
    ran = gti("site", "show")
    assert ran.err == f"note: site 'test' from {site_file}\n"
    assert "note" not in ran.out


def test_the_built_in_site_is_there_without_any_file(gti):
    site = gti("site", "show", "-o", "json", "--site", "gti").json()
    assert site["site"] == "gti"
    assert len(site["hosts"]) == 8


# check


def test_check_is_content_with_a_good_site(gti, known, sshd, site_file):
    site_file.write_text(site_text(known, sshd.client_key, {"here": f'name = "127.0.0.1", port = {sshd.port}'}))
    gti("site", "trust", "here", "--yes")
    ran = gti("site", "check")
    assert (ran.code, ran.out, ran.err) == (0, "", "note: nothing to mend\n")


def test_check_tells_every_error_with_its_line_and_mend(gti, site_file):
    site_file.write_text('[sites.test.hosts.box]\nname = "box"\nport = "22"\nadress = "192.0.2.1"\n')
    ran = gti("site", "check", "-o", "json")
    assert ran.code == 3
    assert [(row["severity"], row["line"]) for row in ran.json()] == [("error", 4), ("error", 3)]
    assert "did you mean 'address'?" in ran.json()[0]["what"]
    assert all(row["mend"] for row in ran.json())


def test_check_warns_of_a_stranger_and_that_is_no_error(gti, known):
    ran = gti("site", "check", "-o", "json")
    assert ran.code == 0
    assert {"severity": "warning", "mend": "gti site trust here"}.items() <= ran.json()[0].items()


def test_a_site_that_cannot_be_used_stops_every_other_command(gti, site_file):
    site_file.write_text("[sites.test]\nuser = 7\n")
    ran = gti("exec", "--", "true")
    assert ran.code == 2
    assert f"gti: {site_file}:2: 'user' takes text" in ran.err
    assert "gti site check" in ran.err


# init


def test_init_begins_a_site_that_check_accepts(gti):
    ran = gti("site", "init", "mine.toml")
    assert ran.code == 0
    assert "gti site check" in ran.err
    assert gti("site", "check", "--site", "./mine.toml").code == 0


def test_init_never_overwrites(gti):
    (gti.home / "gti.toml").write_text("# years of work\n")
    ran = gti("site", "init")
    assert ran.code == 5
    assert "gti.toml exists already" in ran.err
    assert (gti.home / "gti.toml").read_text() == "# years of work\n"


def test_init_says_why_it_cannot_write(gti):
    ran = gti("site", "init", "no/such/folder/gti.toml")
    assert (ran.code, ran.err) == (
        1,
        "gti: no/such/folder/gti.toml cannot be written: No such file or directory\n",
    )


# trust


def test_trust_shows_the_fingerprint_that_the_console_shows(gti, known, sshd):
    ran = gti("site", "trust", "here", "--dry-run", "-o", "json")
    assert ran.code == 0
    assert ran.json() == [
        {
            "host": "here", "kind": "ssh-ed25519", "fingerprint": fingerprint(sshd), "expected": None,
            "on_record": [], "verdict": "new",
        }
    ]  # fmt: skip
    assert not known.exists()


def test_a_trusted_host_can_be_worked_on(gti, known):
    assert gti("exec", "--on", "here", "--", "true").code == 5
    ran = gti("site", "trust", "here,there", "--yes")
    assert ran.code == 0
    assert f"wrote 2 keys to {known}" in ran.err
    assert gti("exec", "--on", "here,there", "--", "true").code == 0
    assert known.stat().st_mode & 0o777 == 0o600


def test_what_is_trusted_stays_as_it_is(gti, known):
    gti("site", "trust", "here", "--yes")
    before = known.read_text()
    ran = gti("site", "trust", "here")
    assert ran.code == 0
    assert "trusted already" in ran.out
    assert known.read_text() == before


def test_ssh_accepts_what_trust_wrote(gti, known, sshd):
    if not shutil.which("ssh"):
        pytest.skip("ssh is not installed")
    gti("site", "trust", "there", "--yes")
    strict = ["-o", f"UserKnownHostsFile={known}", "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes"]
    for name in ("localhost", "127.0.0.1"):
        line = ["ssh", "-F", "/dev/null", *strict, "-i", sshd.client_key, "-p", str(sshd.port), name, "true"]
        assert subprocess.run(line, capture_output=True, text=True).returncode == 0, name


@pytest.mark.parametrize("form", ["{}", "here={}"])
def test_the_expected_fingerprint_is_trusted(gti, known, sshd, form):
    ran = gti("site", "trust", "here", "--expect", form.format(fingerprint(sshd)), "--yes")
    assert ran.code == 0
    assert known.exists()


@pytest.mark.parametrize("replace", [[], ["--replace"]])
def test_another_fingerprint_than_expected_is_refused_whatever_is_said(gti, known, sshd, replace):
    ran = gti("site", "trust", "here", "--expect", ANOTHER, "--yes", *replace)
    assert ran.code == 5
    assert "not as expected" in ran.out
    assert ANOTHER in ran.out
    assert fingerprint(sshd) in ran.out
    assert not known.exists()


def test_the_site_file_can_say_what_to_expect(gti, known, site_file):
    site_file.write_text(site_file.read_text().replace("container = 101", f'fingerprint = "{ANOTHER}"'))
    assert gti("site", "trust", "here", "--yes").code == 5
    assert not known.exists()


def test_a_fingerprint_for_nobody_is_a_slip(gti, known):
    ran = gti("site", "trust", "here,there", "--expect", ANOTHER)
    assert ran.code == 2
    assert "--expect HOST=SHA256:…" in ran.err


def test_with_nobody_to_ask_nothing_is_written(gti, known):
    ran = gti("site", "trust", "here")
    assert ran.code == 5
    assert "--yes" in ran.err
    assert not known.exists()


def test_no_is_an_answer(on_terminal, known):
    shown, code = on_terminal("site", "trust", "here", answer="n")
    assert code == 5
    assert "nothing was changed" in shown
    assert not known.exists()


def test_yes_is_an_answer_and_the_fingerprint_is_shown_before(on_terminal, known, sshd):
    shown, code = on_terminal("site", "trust", "here", answer="y")
    assert code == 0
    assert shown.index(fingerprint(sshd)) < shown.index("Are these the keys of here?")
    assert KnownHosts.read(known).keys_of(f"[127.0.0.1]:{sshd.port}")


def test_ctrl_c_is_no_answer_at_all(on_terminal, known):
    _, code = on_terminal("site", "trust", "here", answer="\x03")
    assert code == 130
    assert not known.exists()


@pytest.fixture
def changed(gti, known, sshd, tmp_path):
    """`here` is on record with a key that it does not show any more, beside a neighbour."""
    old = keygen(tmp_path / "old").with_suffix(".pub").read_text().split()
    known.parent.mkdir()
    known.write_text(f"neighbour {old[0]} {old[1]}\n[127.0.0.1]:{sshd.port} {old[0]} {old[1]}\n")
    return known


def test_a_changed_key_is_refused(gti, changed):
    before = changed.read_text()
    ran = gti("site", "trust", "here", "--yes")
    assert ran.code == 5
    assert "changed" in ran.out
    assert "gti site trust here --replace" in ran.err
    assert changed.read_text() == before


def test_replace_takes_the_new_key_for_the_old_one(gti, changed):
    neighbour = changed.read_text().splitlines()[0]
    assert gti("site", "trust", "here", "--replace", "--yes").code == 0
    assert gti("exec", "--on", "here", "--", "true").code == 0
    assert changed.read_text().splitlines()[0] == neighbour
    assert len(changed.read_text().splitlines()) == 2


def test_replace_asks_too(gti, changed):
    before = changed.read_text()
    assert gti("site", "trust", "here", "--replace").code == 5
    assert changed.read_text() == before


def test_a_dead_host_costs_its_own_row(gti, known):
    ran = gti("site", "trust", "--yes", "-o", "json")
    assert ran.code == 7
    assert [row["host"] for row in ran.json()] == ["here", "there"]
    assert "gti: cannot reach dead (127.0.0.2:1) over SSH: connection refused" in ran.err


def test_a_dead_host_is_complained_of_once(gti, known):
    ran = gti("site", "trust", "dead")
    assert ran.code == 4
    assert ran.err.count("cannot reach dead") == 1
    assert json.loads(gti("site", "trust", "dead", "-o", "json").out) == []
