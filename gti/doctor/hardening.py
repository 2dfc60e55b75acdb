"""The rules of specification 2.5 for access by SSH: keys only, no root, closed files, sudo for systemctl."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gti.doctor.checkup import Check, Health, shortened
from gti.doctor.keys import deployed_keys
from gti.doctor.questions import KILLED, LONGEST_LINE
from gti.doctor.sshd import DROP_INS, settings
from gti.doctor.visit import Visit

_MODE = re.compile(r"([0-7]{1,4}) (\S+) (/.*)")
_SYSTEMCTL_FREELY = re.compile(r"NOPASSWD:(?:(?! PASSWD:|\().)*?[\s,](?:ALL|/\S*/systemctl)\b")
_OTHERS_WRITE = 0o022


def hardening(visit: Visit) -> Iterator[Check]:
    rules = settings(visit.answers)
    yield root_login(visit, rules)
    yield password_login(visit, rules)
    yield closed(visit, ".ssh", 0o700)
    yield closed(visit, ".ssh/authorized_keys", 0o600)
    yield from deployed_keys(visit)
    yield sudo(visit)


def root_login(visit: Visit, rules: dict[str, str]) -> Check:
    permitted = rules.get("permitrootlogin")
    if permitted is None:
        return visit.unknown("root login", "sshd", visit.answers["sshd"])
    if permitted == "no":
        return visit.ok("root login", "root cannot log in over SSH")
    by_password = permitted == "yes" and _passwords(rules) != "no"
    how = "even with a password" if by_password else "with a key"
    mend = _set(visit, "PermitRootLogin no")
    return visit.graded(
        "root login", "error" if by_password else "warning", f"root can log in over SSH, {how}", mend
    )


def password_login(visit: Visit, rules: dict[str, str]) -> Check:
    allowed = _passwords(rules)
    if allowed is None:
        return visit.unknown("password login", "sshd", visit.answers["sshd"])
    if allowed == "no":
        return visit.ok("password login", "SSH takes keys only")
    mend = _set(visit, "PasswordAuthentication no", "KbdInteractiveAuthentication no")
    return visit.graded("password login", "warning", "SSH takes passwords too", mend)


def _passwords(rules: dict[str, str]) -> str | None:
    """yes, no, or None when it is not known. PAM asks for passwords in a way of its own."""
    plain = rules.get("passwordauthentication")
    asked = rules.get("kbdinteractiveauthentication") if rules.get("usepam") != "no" else "no"
    if "yes" in (plain, asked):
        return "yes"
    return None if None in (plain, asked) else "no"


def _set(visit: Visit, *lines: str) -> str:
    """A file of its own: the specification wants sshd_config itself left as it is."""
    text = "".join(f"{line}\\n" for line in lines)
    write = f"printf '{text}' | sudo tee -a {DROP_INS}00-gti.conf && sudo systemctl reload ssh"
    first = "first make a login that is not root's; then " if visit.user == "root" else ""
    return f"{first}on {visit.host.alias}: {write}"


def closed(visit: Visit, file: str, wanted: int) -> Check:
    """Closed to others, and the user's own."""
    found = _mode_and_owner(visit, file)
    if found is None:
        return visit.unknown("permissions", f"~/{file}", visit.answers["modes"])
    mode, owner = found
    user = visit.user or owner
    fit = not mode & ~wanted and owner == user
    health: Health = "error" if mode & _OTHERS_WRITE else "ok" if fit else "warning"
    what = f"~/{file} is {mode:04o} and {shortened(owner)}'s"
    return visit.graded(
        "permissions", health, what + ("" if fit else f", not {wanted:04o} and {user}'s"), _close(visit)
    )


def _mode_and_owner(visit: Visit, file: str) -> tuple[int, str] | None:
    for line in visit.answers["modes"].lines:
        match = _MODE.fullmatch(line)
        if match and match.group(3).endswith(f"/{file}"):
            return int(match.group(1), 8), match.group(2)
    return None


def _close(visit: Visit) -> str:
    commands = 'sudo chown -R "$USER": ~/.ssh; chmod 700 ~/.ssh; chmod 600 ~/.ssh/authorized_keys'
    return f"on {visit.host.alias}: {commands}"


def sudo(visit: Visit) -> Check:
    answer = visit.answers["sudo"]
    if answer.code in (None, KILLED):
        return visit.unknown("sudo", "sudo", answer)
    listing = " ".join(answer.lines)[:LONGEST_LINE]  # sudo breaks long lines where it likes
    if answer.is_whole and (visit.user == "root" or _SYSTEMCTL_FREELY.search(listing)):
        return visit.ok("sudo", "systemctl needs no password")
    why = "" if answer.is_whole else f" ({answer.complaint})"
    rule = f"{visit.user or 'datalake'} ALL=(root) NOPASSWD: /usr/bin/systemctl"
    return visit.graded(
        "sudo",
        "warning",
        f"sudo does not run systemctl without a password{why}: gti can start and stop nothing here",
        f"on {visit.host.alias}, as root: apt install sudo; echo '{rule}' > /etc/sudoers.d/gti",
    )
