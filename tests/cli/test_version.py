"""`gti version`, as typed: what somebody who asks for help has to tell."""

import platform
from importlib import metadata

LIBRARIES = {
    "click", "fabric", "paramiko", "cryptography", "kafka-python", "mariadb", "minio", "PyYAML", "questionary",
    "tabulate", "trino", "keyring",
}  # fmt: skip


def test_json_tells_gti_python_the_system_and_every_library(gti):
    version = gti("version", "-o", "json").json()
    assert set(version) == {"gti", "python", "platform", "libraries"}
    assert version["python"] == platform.python_version()
    assert set(version["libraries"]) == LIBRARIES
    assert version["libraries"]["paramiko"] == metadata.version("paramiko")


def test_the_table_has_a_line_for_each(gti):
    lines = gti("version").out.splitlines()
    assert lines[0].split() == ["NAME", "VERSION"]
    assert {line.split()[0] for line in lines[1:]} == {"gti", "python", "platform"} | LIBRARIES


def test_it_needs_no_site(gti, tmp_path):
    assert gti("version", env={"GTI_SITE": str(tmp_path / "gone.toml")}).code == 0
