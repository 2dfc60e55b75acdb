"""What the doctor makes of the rules of specification 2.5."""

from __future__ import annotations

from pathlib import Path

import pytest

PASSWORD_REQUIRED = ("sudo: a password is required", 1)
DEBIAN = """\
@file /etc/ssh/sshd_config
# This is the sshd server system-wide configuration file.
Include /etc/ssh/sshd_config.d/*.conf
#PermitRootLogin prohibit-password
KbdInteractiveAuthentication no
UsePAM yes
X11Forwarding yes
Subsystem	sftp	/usr/lib/openssh/sftp-server
"""
ANA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJzgBd2TUFsRTDRhHhFqrNzTzZAlmwwV2dLoGCmaI9fk ana@laptop"
OLD_RSA = 'from="192.0.2.*",no-pty ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAQQC7 joao@desktop'


@pytest.mark.parametrize(
    ("root", "password", "found"),
    [
        ("yes", "yes", [("root login", "error"), ("password login", "warning")]),
        ("yes", "no", [("root login", "warning")]),
        ("without-password", "no", [("root login", "warning")]),
        ("no", "yes", [("password login", "warning")]),
        ("no", "no", []),
    ],
)
def test_root_with_a_password_is_an_error_and_with_a_key_a_warning(kafka, root, password, found):
    sshd = (
        f"usepam yes\npermitrootlogin {root}\npasswordauthentication {password}\nkbdinteractiveauthentication no"
    )
    assert [(finding.topic, finding.health) for finding in kafka(sshd=sshd)] == found


def test_pam_that_asks_for_a_password_is_password_login_too(kafka):
    sshd = "usepam yes\npermitrootlogin no\npasswordauthentication no\nkbdinteractiveauthentication yes"
    assert [finding.topic for finding in kafka(sshd=sshd)] == ["password login"]


def test_sshds_defaults_count_where_its_files_are_silent(kafka):
    found = kafka(sshd=PASSWORD_REQUIRED, sshd_files=DEBIAN)
    assert [finding.what for finding in found] == [
        "root can log in over SSH, with a key",
        "SSH takes passwords too",
    ]


def test_the_first_value_wins_and_includes_stand_where_they_are_included(kafka):
    drop_in = "@file /etc/ssh/sshd_config.d/00-gti.conf\nPermitRootLogin no\nPasswordAuthentication=no\n"
    files = DEBIAN + "PermitRootLogin yes\nPasswordAuthentication yes\n" + drop_in
    assert kafka(sshd=PASSWORD_REQUIRED, sshd_files=files) == []


def test_drop_ins_that_nothing_includes_do_not_count(kafka):
    files = "@file /etc/ssh/sshd_config\nUsePAM no\n@file /etc/ssh/sshd_config.d/a.conf\nPermitRootLogin no"
    assert [finding.topic for finding in kafka(sshd=PASSWORD_REQUIRED, sshd_files=files)] == [
        "root login",
        "password login",
    ]


def test_what_holds_for_some_logins_only_is_not_the_rule(kafka):
    files = DEBIAN + "PasswordAuthentication no\nMatch User backup\nPermitRootLogin no\n"
    (finding,) = kafka(sshd=PASSWORD_REQUIRED, sshd_files=files)
    assert finding.topic == "root login"


def test_a_drop_in_that_we_may_not_read_leaves_the_rest_unknown(kafka):
    cloud = "@file /etc/ssh/sshd_config.d/50-cloud-init.conf\ncat: Permission denied\n@unreadable\n"
    first = "@file /etc/ssh/sshd_config.d/00-gti.conf\nPermitRootLogin no\n"
    (finding,) = kafka(sshd=PASSWORD_REQUIRED, sshd_files=DEBIAN + first + cloud)
    assert (finding.topic, finding.health) == ("password login", "unknown")
    assert finding.what == "sshd does not tell: sudo: a password is required"


def test_an_include_from_elsewhere_leaves_the_rest_unknown(kafka):
    files = "@file /etc/ssh/sshd_config\nInclude /srv/ssh/*.conf\nPermitRootLogin no\nPasswordAuthentication no"
    assert {finding.health for finding in kafka(sshd=PASSWORD_REQUIRED, sshd_files=files)} == {"unknown"}


@pytest.mark.parametrize(
    ("modes", "health"),
    [
        ("755 datalake /home/datalake/.ssh", "warning"),
        ("777 datalake /home/datalake/.ssh", "error"),
        ("700 root /home/datalake/.ssh", "warning"),
        ("500 datalake /home/datalake/.ssh", "ok"),
    ],
)
def test_the_ssh_folder_is_the_users_and_closed(kafka, modes, health):
    found = kafka(modes=f"{modes}\n600 datalake /home/datalake/.ssh/authorized_keys")
    assert [(finding.topic, finding.health) for finding in found] == (
        [("permissions", health)] if health != "ok" else []
    )


def test_no_authorized_keys_at_all_is_unknown_with_the_hosts_own_words(kafka):
    gone = "/home/datalake/.ssh/authorized_keys: No such file or directory"
    found = kafka(modes=(f"stat: {gone}\n700 datalake /home/datalake/.ssh", 1), keys=(f"cat: {gone}", 1))
    assert [finding.topic for finding in found] == ["permissions", "authorized keys"]
    assert all("No such file" in finding.what for finding in found)


def test_keys_that_are_not_ed25519_are_named_by_their_owner(kafka):
    (finding,) = kafka(keys=f"# keys\n{ANA}\n{OLD_RSA}\n")
    assert finding.health == "warning"
    assert finding.what == "1 of 2 are not ed25519: ssh-rsa joao@desktop"


def test_a_key_that_the_site_names_should_be_deployed(kafka):
    key = Path("/home/ana/.ssh/id_ed25519")
    assert kafka(key=key) == []
    (finding,) = kafka(key=key, keys="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA joao@desktop")
    assert finding.what == "/home/ana/.ssh/id_ed25519 is not in ~/.ssh/authorized_keys"
    assert finding.mend == "ssh-copy-id -i /home/ana/.ssh/id_ed25519 datalake@kafka.gti.local"


@pytest.mark.parametrize(
    "listing",
    [
        "    (ALL) NOPASSWD: ALL",
        "    (root) NOPASSWD: /usr/bin/journalctl, /bin/systemctl restart *",
        "    (ALL : ALL) ALL\n    (root) NOPASSWD: /usr/bin/journalctl,\n        /usr/bin/systemctl",
    ],
)
def test_sudo_for_systemctl_needs_no_password(kafka, listing):
    assert kafka(sudo=listing) == []


@pytest.mark.parametrize(
    "listing",
    [
        PASSWORD_REQUIRED,
        "    (root) NOPASSWD: /usr/bin/apt\n    (ALL : ALL) ALL",
        "    (root) NOPASSWD: /usr/bin/apt, PASSWD: /usr/bin/systemctl",
        "    (root) NOPASSWD: /usr/bin/apt, !/usr/bin/systemctl",
        ("timeout: failed to run command 'sudo': No such file or directory", 127),
    ],
)
def test_sudo_that_asks_or_is_not_there_is_found(kafka, listing):
    (finding,) = kafka(sudo=listing)
    assert (finding.topic, finding.health) == ("sudo", "warning")
    assert "NOPASSWD: /usr/bin/systemctl" in finding.mend
