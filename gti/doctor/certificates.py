"""TLS certificates of the services: until when they are good, and whether they are to be trusted."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

from gti.doctor.checkup import Check, Health
from gti.errors import GtiError
from gti.remote.reach import Reach
from gti.remote.ssh import reason
from gti.site import Endpoint, Service

DAYS_AHEAD = 30


def certificate(service: Service, endpoint: Endpoint, reach: Callable[[Endpoint], Reach], seconds: float) -> Check:
    """The dates are read before anybody vouches for them: an expired certificate shall be called just that."""
    try:
        at = reach(endpoint)
        days = _days_left(_shown(at, seconds))
        doubt = _doubt(at, seconds)
    except ssl.SSLError as error:
        what = f"{endpoint} does not speak TLS: {(error.reason or str(error)).replace('_', ' ').lower()}"
        return _check(service, "error", what, f"switch TLS on in {service.name}, or correct its `tls` in the site")
    except (GtiError, OSError, ValueError) as error:
        return _check(service, "unknown", f"{endpoint} shows none: {reason(error)}", f"gti status {service.name}")
    return _judged(service, at, days, doubt)


def _judged(service: Service, at: Reach, days: float, doubt: str | None) -> Check:
    renew = f"renew the certificate of {service.name} and restart it"
    if days < 0:
        return _check(service, "error", f"{at} expired {-days:.0f} days ago", renew)
    if doubt:
        mend = f"name in `ca` of '{service.name}' the authority that signed it, or renew it"
        return _check(service, "error", f"{at} is not to be trusted: {doubt}", mend)
    if days < DAYS_AHEAD:
        return _check(service, "warning", f"{at} expires in {days:.0f} days", renew)
    return _check(service, "ok", f"{at} is good for {days:.0f} days")


def _check(service: Service, health: Health, what: str, mend: str = "") -> Check:
    return Check(service.host.alias, "certificate", health, what, mend)


def _days_left(der: bytes) -> float:
    from cryptography.x509 import load_der_x509_certificate

    until = load_der_x509_certificate(der).not_valid_after_utc
    return (until - datetime.now(UTC)).total_seconds() / 86400


def _shown(at: Reach, seconds: float) -> bytes:
    anybody = ssl.create_default_context()
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    return _handshake(at, anybody, seconds)


def _doubt(at: Reach, seconds: float) -> str | None:
    """Why a client of the service would turn away; None when it would not."""
    try:
        vouched_for = ssl.create_default_context(cafile=at.ca)
    except OSError as error:  # SSLError is one, for a file that holds no certificate
        return f"{at.ca} cannot be read ({reason(error)})"
    try:
        _handshake(at, vouched_for, seconds)
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    return None


def _handshake(at: Reach, context: ssl.SSLContext, seconds: float) -> bytes:
    with (
        socket.create_connection((at.address, at.port), timeout=seconds) as connected,
        context.wrap_socket(connected, server_hostname=at.name) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""
