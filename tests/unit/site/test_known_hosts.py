"""known_hosts is read as OpenSSH reads it: who is known, by which keys."""

import base64
import re
import shutil
import subprocess
from hashlib import sha1
from hmac import digest

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gti.site.known_hosts import KnownHosts, entry_name, fingerprint

NAMES = ["kafka.lab", "192.0.2.34", "[kafka.lab]:2222", "[k]:22"]


def blob(number, kind=b"ssh-ed25519"):
    """Any 32 bytes are an ed25519 key to who only compares it."""
    return len(kind).to_bytes(4, "big") + kind + b"\0\0\0\x20" + bytes([number]) * 32


def key(number):
    return f"ssh-ed25519 {base64.b64encode(blob(number)).decode()}"


def hashed(name):
    salt = b"salt of 20 bytes, so"
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest(salt, name.encode(), sha1)).decode()}"


def known(text, name):
    """The keys of a name, revoked ones marked as ssh-keygen does."""
    return {(entry.fingerprint, entry.revoked) for entry in KnownHosts.parse(text).keys_of(name)}


@pytest.fixture(scope="session")
def ssh_keygen(tmp_path_factory):
    """What OpenSSH itself finds in the same text. It also shows authorities, which are no host's key."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen to compare with")
    file = tmp_path_factory.mktemp("ssh") / "known_hosts"

    def find(text, name):
        file.write_text(text, encoding="utf-8", newline="")
        command = ["ssh-keygen", "-l", "-F", name, "-f", str(file)]
        said = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
        found = re.findall(r"^# Host .* found: line \d+ *(.*)\n.*?(SHA256:\S+)", said, re.MULTILINE)
        return {(shown, marker == "REVOKED") for marker, shown in found if marker != "CA"}

    return find


LINES = {
    "a plain name": f"kafka.lab {key(1)}",
    "a name and an address": f"kafka.lab,192.0.2.34 {key(1)}",
    "another case": f"Kafka.LAB {key(1)}",
    "a comment after the key": f"kafka.lab {key(1)} root@kafka",
    "two keys": f"kafka.lab {key(1)}\nkafka.lab {key(2)}",
    "the same key for two": f"kafka.lab {key(1)}\nminio.lab {key(1)}",
    "tabs and blanks": f"  kafka.lab\t{key(1)}  ",
    "CRLF": f"kafka.lab {key(1)}\r\nminio.lab {key(2)}\r\n",
    "a comment": f"# kafka.lab {key(1)}\n#kafka.lab {key(1)}\n\n   # kafka.lab\n",
    "a port": f"[kafka.lab]:2222 {key(1)}",
    "a port and an address": f"[kafka.lab]:2222,[192.0.2.34]:2222 {key(1)}",
    "hashed": f"{hashed('kafka.lab')} {key(1)}",
    "hashed with a port": f"{hashed('[kafka.lab]:2222')} {key(1)}",
    "a hash of another case": f"{hashed('KAFKA.lab')} {key(1)}",
    "a broken hash": f"|1|c2FsdA==|???? {key(1)}",
    "half a hash": f"|1|c2FsdA== {key(1)}",
    "a hash of the future": f"{hashed('kafka.lab').replace('|1|', '|2|')} {key(1)}",
    "any number of characters": f"*.lab {key(1)}",
    "one character": f"kafk?.lab {key(1)}",
    "everybody": f"* {key(1)}",
    "any port": f"[kafka.lab]:* {key(1)}",
    "any host on a port": f"[*]:2222 {key(1)}",
    "all but one": f"*.lab,!kafka.lab {key(1)}",
    "all but one, said first": f"!kafka.lab,*.lab {key(1)}",
    "all but one on a port": f"*,![kafka.lab]:2222 {key(1)}",
    "none but": f"!kafka.lab {key(1)}",
    "brackets are no choice of characters": f"[km]afka.lab {key(1)}\n?[k]afka* {key(2)}",
    "revoked": f"@revoked kafka.lab {key(1)}",
    "revoked for everybody": f"@revoked * {key(1)}\nkafka.lab {key(1)}",
    "an authority": f"@cert-authority *.lab {key(1)}",
    "a marker that nobody knows": f"@trusted kafka.lab {key(1)}",
    "a marker alone": "@revoked",
    "two markers": f"@revoked @revoked,kafka.lab {key(1)}",
    "a comment sign after a marker": f"@revoked #,kafka.lab {key(1)}",
    "a hash among names": f"kafka.lab,{hashed('[kafka.lab]:2222')} {key(1)}",
    "a hash before names": f"{hashed('[kafka.lab]:2222')},kafka.lab {key(1)}",
    "no key": "kafka.lab ssh-ed25519",
    "a key that is no base64": "kafka.lab ssh-ed25519 AAAA????",
    "a key that is none": "kafka.lab ssh-ed25519 AAAA",
    "a key of another kind than it says": f"kafka.lab ssh-rsa {base64.b64encode(blob(1)).decode()}",
    "a key cut short": f"kafka.lab ssh-ed25519 {base64.b64encode(blob(1)[:-1]).decode()}",
    "a key cut short in its name": f"kafka.lab ssh-ed25519 {base64.b64encode(blob(1)[:9]).decode()}",
    "separators of other alphabets": f"minio.lab {key(1)} note\u2028kafka.lab {key(2)}\x0bkafka.lab {key(3)}",
    "blanks of other alphabets": f"kafka.lab\u00a0ssh-ed25519 {base64.b64encode(blob(1)).decode()}",
    "nothing": "",
    "garbage": "\x00\x01 \x02\n,,, ,,, ,,,\n| | |\n! ! !\n@ @ @ @\n" + f"kafka.lab {key(1)}",
    "empty names": f",kafka.lab,, {key(1)}",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lines", LINES)
def test_whoever_openssh_knows_is_known(ssh_keygen, lines, name):
    assert known(LINES[lines], name) == ssh_keygen(LINES[lines], name)


WORDS = st.sampled_from([
    "kafka.lab", "*.lab", "*", "!kafka.lab", "k?fka.lab", "[kafka.lab]:2222", "[*]:22*", "![*]:2222", "192.0.2.34",
    "@revoked", "@cert-authority", "@x", "#", "|1|", hashed("kafka.lab"), hashed("[kafka.lab]:2222"), "x",
])  # fmt: skip
ENTRIES = st.builds(
    lambda marker, names, key: f"{marker}{','.join(names)} {key}",
    st.sampled_from(["", "", "", "@revoked ", "@cert-authority ", "@x ", "# "]),
    st.lists(WORDS, min_size=1, max_size=3),
    st.sampled_from([key(1), key(2), key(3), "ssh-ed25519", "ssh-ed25519 AAAA", ""]),
)


@given(st.lists(ENTRIES, max_size=6).map("\n".join), st.sampled_from(NAMES))
def test_whoever_openssh_knows_is_known_in_any_file(ssh_keygen, text, name):
    assert known(text, name) == ssh_keygen(text, name)


BYTES = st.binary().map(lambda content: content.decode("utf-8", "surrogateescape"))


@given(st.lists(ENTRIES | st.text() | BYTES, max_size=6).map("\n".join), st.text())
@example(f"kafka.lab ssh\udcff {key(1).split()[1]}", "kafka.lab")
def test_no_file_makes_it_fail(text, name):
    assert known(text, name) is not None


@pytest.mark.parametrize("line", ["kafka.lab", "Kafka.LAB", "*.LAB", hashed("kafka.lab")])
def test_a_host_is_known_in_whatever_case_it_is_asked_for(line):
    assert known(f"{line} {key(1)}", "KAFKA.lab")


def test_a_missing_file_knows_nobody(tmp_path):
    assert KnownHosts.read(tmp_path / "known_hosts").keys_of("kafka.lab") == []


def test_a_file_of_other_bytes_than_utf8_is_read_around_them(tmp_path):
    file = tmp_path / "known_hosts"
    file.write_bytes(b"\xff\xfe \xff\n" + f"kafka.lab {key(1)}\n".encode())
    assert [entry.blob for entry in KnownHosts.read(file).keys_of("kafka.lab")] == [blob(1)]


def test_a_revoked_key_is_told_from_a_good_one():
    recorded = KnownHosts.parse(f"kafka.lab {key(1)}\n@revoked kafka.lab {key(2)}").keys_of("kafka.lab")
    assert [(entry.blob, entry.revoked) for entry in recorded] == [(blob(1), False), (blob(2), True)]


def test_the_port_stands_in_a_name_only_where_it_is_not_22():
    assert entry_name("kafka.lab", None) == entry_name("kafka.lab", 22) == "kafka.lab"
    assert entry_name("kafka.lab", 2222) == "[kafka.lab]:2222"


def test_a_fingerprint_is_what_ssh_keygen_shows(ssh_keygen):
    assert (fingerprint(blob(1)), False) in ssh_keygen(f"kafka.lab {key(1)}", "kafka.lab")
