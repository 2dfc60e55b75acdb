"""Secrets are looked up when they are used: from the environment, a .env, files, commands and keyrings."""

import os
import shlex
import sys
from pathlib import Path

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from gti.secrets import MASK, Masker, SecretError, Secrets, parse_dotenv

PASSWORD = "s3cret-of-hive"


class Vault:
    """A .env, a folder for files, and what is said to the operator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []
        self.masker = Masker()
        self.secrets = Secrets(self.masker, folder / ".env", self.said.append)

    def write(self, content: str | bytes, to: str = "password", mode: int = 0o600) -> Path:
        file = self.folder / to
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(mode)
        return file

    def refusal(self, reference: str) -> SecretError:
        with pytest.raises(SecretError) as refused:
            self.secrets.look_up(reference)
        assert refused.value.next or refused.value.details, "an error says what to do next"
        return refused.value


@pytest.fixture
def vault(tmp_path, monkeypatch):
    monkeypatch.delenv("HIVE_DB_PASSWORD", raising=False)
    return Vault(tmp_path)


@pytest.fixture
def look_up(vault):
    return vault.secrets.look_up


# env: and .env


def test_env_is_the_environment(look_up, monkeypatch):
    monkeypatch.setenv("HIVE_DB_PASSWORD", PASSWORD)
    assert look_up("env:HIVE_DB_PASSWORD") == PASSWORD


def test_env_is_also_the_dotenv_beside_the_site_file(vault, look_up):
    vault.write(f"HIVE_DB_PASSWORD={PASSWORD}\n", ".env")
    assert look_up("env:HIVE_DB_PASSWORD") == PASSWORD
    assert vault.said == []


def test_the_environment_goes_before_the_dotenv(vault, look_up, monkeypatch):
    vault.write("HIVE_DB_PASSWORD=of-the-file\n", ".env")
    monkeypatch.setenv("HIVE_DB_PASSWORD", "of-the-environment")
    assert look_up("env:HIVE_DB_PASSWORD") == "of-the-environment"


def test_a_name_that_is_not_set_says_where_it_was_looked_for(vault):
    refused = vault.refusal("env:HIVE_DB_PASSWORD")
    assert refused.what == f"env:HIVE_DB_PASSWORD is not set nor in {vault.folder / '.env'}"
    assert refused.next == ("export HIVE_DB_PASSWORD=…",)


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_an_empty_password_is_none(vault, monkeypatch, where):
    if where == "environment":
        monkeypatch.setenv("HIVE_DB_PASSWORD", "")
    else:
        vault.write("HIVE_DB_PASSWORD=\n", ".env")
    assert "is not set" in vault.refusal("env:HIVE_DB_PASSWORD").what


def test_a_dotenv_that_others_can_read_is_used_with_a_warning(vault, look_up):
    file = vault.write(f"HIVE_DB_PASSWORD={PASSWORD}\n", ".env", mode=0o644)
    assert look_up("env:HIVE_DB_PASSWORD") == PASSWORD
    assert vault.said == [f"others can read {file}: chmod 600 {file}"]


def test_a_dotenv_that_is_not_utf8_is_refused_by_name(vault):
    vault.write(b"HIVE_DB_PASSWORD=caf\xe9-s3cret\n", ".env")
    refused = vault.refusal("env:HIVE_DB_PASSWORD")
    assert refused.what == f"{vault.folder / '.env'} cannot be read (not UTF-8)"
    assert "s3cret" not in "\n".join(refused.lines())


def test_what_is_changed_in_the_dotenv_counts_at_once(vault, look_up):
    vault.write("HIVE_DB_PASSWORD=old\n", ".env")
    assert look_up("env:HIVE_DB_PASSWORD") == "old"
    vault.write("HIVE_DB_PASSWORD=new\n", ".env")
    assert look_up("env:HIVE_DB_PASSWORD") == "new"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("P=plain", "plain"),
        ("  P =  with blanks around  ", "with blanks around"),
        ("export P=exported", "exported"),
        ("export\tP=exported", "exported"),
        ("P='single quotes $HOME \\n \"'", 'single quotes $HOME \\n "'),
        ('P="double quotes \'"', "double quotes '"),
        ('P="an escaped \\" and \\\\ and \\$HOME"', 'an escaped " and \\ and $HOME'),
        ('P="no newline: \\n"', "no newline: \\n"),
        ('P="quoted" # a comment', "quoted"),
        ("P='quoted'# a comment", "quoted"),
        ("P=plain # a comment", "plain"),
        ("P=with#inside", "with#inside"),
        ("P=#first", "#first"),
        ("P= # a comment and no value", ""),
        ('P="a # inside"', "a # inside"),
        ("P=a=b==", "a=b=="),
        ("P==", "="),
        ('P="never closed', '"never closed'),
        ("P=it's", "it's"),
        ("P=separators\u2028\x85\x0bof other alphabets", "separators\u2028\x85\x0bof other alphabets"),
        ("P=first\nP=last", "last"),
        ("P=", ""),
        ("P=''", ""),
    ],
)
def test_a_dotenv_is_read_as_shells_read_it(line, value):
    assert parse_dotenv(f"# first\n\n{line}\nQ=next\n") == {"P": value, "Q": "next"}


@pytest.mark.parametrize("line", ["# P=commented", "P", "1P=x", "P-Q=x", "=x", "export", ""])
def test_what_is_no_assignment_is_passed_over(line):
    assert parse_dotenv(line) == {}


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_a_dotenv_of_windows_is_read_as_any_other(vault, look_up, start, quote):
    vault.write(start + f"HIVE_DB_PASSWORD={quote}{PASSWORD}{quote}\r\nOTHER=x\r\n".encode(), ".env")
    assert look_up("env:HIVE_DB_PASSWORD") == PASSWORD


@given(st.text())
def test_any_dotenv_is_read(text):
    assert all(name.isidentifier() for name in parse_dotenv(text))


@given(st.text(st.characters(exclude_characters="'\n\r", exclude_categories=["Cs"])))
def test_between_single_quotes_everything_is_kept(value):
    assert parse_dotenv(f"P='{value}'") == {"P": value}


# file:


def test_a_file_is_read_without_its_last_newline(vault, look_up):
    file = vault.write(f"{PASSWORD}\n")
    assert look_up(f"file:{file}") == PASSWORD


def test_a_file_is_relative_to_the_site_file(vault, look_up, monkeypatch):
    vault.write(PASSWORD)
    monkeypatch.chdir("/")
    assert look_up("file:password") == PASSWORD


def test_a_file_may_be_in_the_operators_home(vault, look_up, monkeypatch):
    vault.write(PASSWORD)
    monkeypatch.setenv("HOME", str(vault.folder))
    assert look_up("file:~/password") == PASSWORD


def test_the_lines_of_a_key_are_kept(vault, look_up):
    vault.write("-----BEGIN-----\nabc\n-----END-----\n")
    assert look_up("file:password") == "-----BEGIN-----\nabc\n-----END-----"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666, 0o620])
def test_a_file_that_others_can_reach_is_refused(vault, mode):
    file = vault.write(PASSWORD, mode=mode)
    refused = vault.refusal("file:password")
    assert refused.what == "file:password is refused: others can read it"
    assert refused.next == (f"chmod 600 {file}",)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing", "No such file or directory"),
        ("~nobody-of-this-name/password", "No such file or directory"),
        ("a\0b", "embedded null byte"),
        ("n" * 300, "File name too long"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(vault, name, why):
    assert vault.refusal(f"file:{name}").what == f"file:{name} cannot be read ({why})"


def test_a_file_that_is_no_text_is_refused_without_its_content(vault):
    vault.write(b"s3cret\xff")
    refused = vault.refusal("file:password")
    assert refused.what == "file:password cannot be read (not UTF-8)"
    assert "s3cret" not in "\n".join(refused.lines())


def test_an_empty_file_is_no_secret(vault):
    vault.write("\n")
    assert vault.refusal("file:password").what == "file:password is empty"


def test_a_folder_is_no_secret(vault):
    (vault.folder / "folder").mkdir(mode=0o700)
    assert "Is a directory" in vault.refusal("file:folder").what


# cmd:


def command(program: str) -> str:
    return f"cmd:{shlex.quote(sys.executable)} -c '{program}'"


def test_a_command_prints_the_secret(look_up):
    assert look_up(command(f'print("{PASSWORD}")')) == PASSWORD


def test_a_command_is_no_shell(look_up):
    assert look_up("cmd:echo $HOME; id | cat `id` > x") == "$HOME; id | cat `id` > x"


def test_a_command_is_not_given_what_is_typed(look_up):
    assert look_up(command('import sys; print("nothing" + sys.stdin.read())')) == "nothing"


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ('import sys; print("s3cret"); print("s3cret", file=sys.stderr); sys.exit(3)', "exit 3"),
        ('import os; print("s3cret", flush=True); os.kill(os.getpid(), 9)', "exit -9"),
        ('import sys; print("s3cret", file=sys.stderr)', "it printed nothing"),
        ("print()", "it printed nothing"),
    ],
)
def test_a_command_that_fails_says_so_and_nothing_of_what_it_printed(vault, program, why):
    refused = vault.refusal(command(program))
    assert refused.what.endswith(f"gave no secret ({why})")
    told = "\n".join(refused.lines()).replace(command(program), "").replace(command(program)[4:], "")
    assert "s3cret" not in told


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("no-such-command-as-this", "No such file or directory"),
        ("/", "Permission denied"),
        ("echo 'never closed", "No closing quotation"),
        ("echo a\0b", "embedded null byte"),
    ],
)
def test_a_command_that_cannot_run_says_why(vault, line, why):
    refused = vault.refusal(f"cmd:{line}")
    assert refused.what == f"cmd:{line} did not run ({why})"
    assert refused.next == (line,)


def test_a_command_that_takes_for_ever_is_given_up(vault, monkeypatch):
    monkeypatch.setattr("gti.secrets.PATIENCE", 0.2)
    refused = vault.refusal(command('import time; print("s3cret", flush=True); time.sleep(60)'))
    assert refused.what.endswith("gave no secret (nothing in 0.2 s)")


def test_a_secret_that_is_no_utf8_is_masked_as_any_other(vault, look_up):
    value = look_up(command('import sys; sys.stdout.buffer.write(b"s3cret\\xff")'))
    assert value == "s3cret\udcff"
    assert vault.masker.mask(f"{value} czNjcmV0/w== s3cret%FF") == f"{MASK} {MASK} {MASK}"


# keyring:


class Memory(KeyringBackend):
    """A keyring of the operator's desktop, with one password in it."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        if service == "locked":
            raise KeyringLocked("the keyring is locked")
        return {("gti/prod", "hive"): PASSWORD}.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture
def desktop():
    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    yield
    keyring.set_keyring(before)


def test_a_keyring_keeps_a_password_for_a_service_and_a_user(desktop, look_up):
    assert look_up("keyring:gti/prod/hive") == PASSWORD


def test_what_is_not_in_the_keyring_says_how_to_put_it_there(desktop, vault):
    refused = vault.refusal("keyring:gti prod/hive")
    assert refused.what == "keyring:gti prod/hive is not there"
    assert refused.next == ("keyring set 'gti prod' hive",)


def test_a_keyring_that_is_locked_says_so(desktop, vault):
    refused = vault.refusal("keyring:locked/hive")
    assert refused.what == "keyring:locked/hive cannot be read (the keyring is locked)"
    assert refused.next == ("keyring diagnose",)


@pytest.mark.parametrize("name", ["hive", "/hive", "gti/"])
def test_a_keyring_is_asked_for_a_service_and_a_user(desktop, vault, name):
    assert vault.refusal(f"keyring:{name}").details == (("form", "keyring:SERVICE/USER"),)


def test_without_the_keyring_library_it_is_said_how_to_install_it(vault, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    refused = vault.refusal("keyring:gti/hive")
    assert refused.what == "keyring: needs the keyring library"
    assert refused.next == ("pip install 'gti[keyring]'",)


# All of them


@pytest.mark.parametrize("reference", ["", "hunter2", "env:", "ENV:X", "vault:x", "file:", "cmd:", "cmd:  ", ":x"])
def test_what_is_no_reference_is_refused_without_repeating_it(vault, reference):
    refused = vault.refusal(reference)
    assert refused.what == "this is no reference to a secret"
    assert "hunter2" not in "\n".join(refused.lines())


def test_a_user_may_be_a_name_or_a_reference(vault, monkeypatch):
    monkeypatch.setenv("S3A_ACCESS_KEY", "AKIA-GTI")
    assert vault.secrets.text("gti") == "gti"
    assert vault.secrets.text("a:name") == "a:name"
    assert vault.secrets.text("env:S3A_ACCESS_KEY") == "AKIA-GTI"


@pytest.fixture(params=["env", ".env", "file", "cmd", "keyring"])
def reference(request, vault, desktop, monkeypatch):
    """The password of hive, wherever it may be kept."""
    if request.param == "env":
        monkeypatch.setenv("HIVE_DB_PASSWORD", PASSWORD)
    vault.write(f"HIVE_DB_PASSWORD={PASSWORD}\n", ".env")
    vault.write(PASSWORD)
    return {
        "file": "file:password",
        "cmd": f"cmd:cat '{vault.folder / 'password'}'",
        "keyring": "keyring:gti/prod/hive",
    }.get(request.param, "env:HIVE_DB_PASSWORD")


def test_whatever_was_looked_up_is_masked_from_then_on(vault, reference):
    text = f"mariadb://hive:{PASSWORD}@db-hive"
    assert vault.masker.mask(text) == text
    vault.secrets.look_up(reference)
    assert vault.masker.mask(text) == f"mariadb://hive:{MASK}@db-hive"


def test_whatever_was_looked_up_is_not_kept(vault, reference):
    before = dict(vars(vault.secrets))
    vault.secrets.look_up(reference)
    assert vars(vault.secrets) == before
    kept = {name: value for name, value in vars(vault.secrets).items() if value is not vault.masker}
    assert PASSWORD not in repr(kept)


def test_without_a_site_file_of_ones_own_references_still_work(vault, monkeypatch):
    vault.write(PASSWORD)
    monkeypatch.chdir(vault.folder)
    alone = Secrets(Masker())
    assert alone.look_up("file:password") == PASSWORD
    with pytest.raises(SecretError, match=r"^env:HIVE_DB_PASSWORD is not set$"):
        alone.look_up("env:HIVE_DB_PASSWORD")


def test_what_belongs_to_others_is_told_apart_from_what_is_missing(vault):
    """As a .env that root has written."""
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    vault.write(f"HIVE_DB_PASSWORD={PASSWORD}\n", ".env", mode=0)
    assert "Permission denied" in vault.refusal("env:HIVE_DB_PASSWORD").what
