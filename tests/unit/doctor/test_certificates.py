"""What the doctor makes of the certificates that services show."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from gti.doctor.certificates import certificate
from gti.doctor.checkup import Check
from gti.errors import Unreachable
from gti.remote.reach import Reach
from gti.site import Endpoint, Host, Service

MINIO = Host("minio", "localhost", "127.0.0.1")


def write_certificate(file: Path, days: float) -> Path:
    """Signed by itself, so that it is its own authority."""
    key, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, None)
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file


Listen = Callable[[Path | None], int]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """A port of ours that shows a certificate, or that speaks no TLS at all."""
    with ExitStack() as open_ports:

        def start(shown: Path | None) -> int:
            listening = open_ports.enter_context(socket.create_server(("127.0.0.1", 0)))
            Thread(target=serve, args=(listening, shown), daemon=True).start()
            return listening.getsockname()[1]

        yield start


def serve(listening: socket.socket, shown: Path | None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if shown:
        context.load_cert_chain(shown)
    with suppress(OSError):
        while True:
            client, _ = listening.accept()
            with suppress(OSError), client:
                if shown:
                    context.wrap_socket(client, server_side=True).close()
                else:
                    client.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")


def looked_at(port: int, ca: Path | None) -> Check:
    service = Service("minio", "minio", MINIO, "minio", port=port, tls=True, ca=ca)
    endpoint = Endpoint(MINIO, port, tls=True, ca=ca)
    return certificate(
        service, endpoint, lambda at: Reach("localhost", at.port, "127.0.0.1", at.port, True, ca), 2
    )


@pytest.mark.parametrize(
    ("days", "health", "words"),
    [
        (200.5, "ok", "is good for 20"),
        (12.1, "warning", "expires in 12 days"),
        (-3.1, "error", "expired 3 days ago"),
    ],
)
def test_a_certificate_is_renewed_before_it_expires(listen, tmp_path, days, health, words):
    file = write_certificate(tmp_path / "own.pem", days)
    check = looked_at(listen(file), ca=file)
    assert check.health == health
    assert words in check.what


def test_a_certificate_that_nobody_vouches_for_is_an_error(listen, tmp_path):
    check = looked_at(listen(write_certificate(tmp_path / "own.pem", 200)), ca=None)
    assert check.health == "error"
    assert "is not to be trusted: self-signed certificate" in check.what
    assert "`ca` of 'minio'" in check.mend


def test_an_authority_that_is_no_certificate_is_named(listen, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    check = looked_at(listen(write_certificate(tmp_path / "own.pem", 200)), ca=tmp_path / "ca.pem")
    assert check.health == "error"
    assert f"{tmp_path / 'ca.pem'} cannot be read" in check.what


def test_a_port_without_tls_is_an_error(listen):
    check = looked_at(listen(None), ca=None)
    assert check.health == "error"
    assert "does not speak TLS" in check.what


def test_a_service_that_is_down_shows_nothing(listen):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    check = looked_at(port, ca=None)
    assert (check.health, check.what) == ("unknown", f"localhost:{port} shows none: connection refused")


def test_a_host_without_an_address_shows_nothing():
    def nowhere(_: Endpoint) -> Reach:
        raise Unreachable("minio.gti.local has no address")

    service = Service("minio", "minio", MINIO, "minio", port=9000, tls=True)
    assert certificate(service, Endpoint(MINIO, 9000, tls=True), nowhere, 2).health == "unknown"
