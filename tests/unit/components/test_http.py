"""How HTTP servers are asked: by their own name, whatever the way to them, and over TLS that is verified."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gti.components.answer import NoAnswer
from gti.components.http import LARGEST, get, post_json
from gti.components.wire import Deadline

from .servers import Page, Web, as_json

SOON = 2.0


def test_the_host_header_names_the_server_and_not_the_tunnel(serve):
    web = Web({"GET /": Page()})
    get(serve(web), "/", Deadline.after(SOON))
    assert "Host: server.gti.test:4711\r\n" in web.asked[0]


def test_the_usual_port_is_left_out_of_the_host_header(serve):
    web = Web({"GET /": Page()})
    get(replace(serve(web), service_port=80), "/", Deadline.after(SOON))
    assert "Host: server.gti.test\r\n" in web.asked[0]


def test_json_is_posted(serve):
    web = Web({"POST /login": as_json({"token": "x"})})
    response = post_json(serve(web), "/login", {"user": "é"}, Deadline.after(SOON))
    assert response.json() == {"token": "x"}
    assert web.asked[0].endswith('{"user": "\\u00e9"}')


def test_a_body_is_cut_where_it_gets_too_long(serve):
    response = get(serve(Web({"GET /": Page(200, b"x" * (LARGEST + 1))})), "/", Deadline.after(SOON))
    assert len(response.body) == LARGEST


def test_a_header_that_breaks_the_line_is_not_sent(serve):
    web = Web({"GET /": Page()})
    with pytest.raises(NoAnswer):
        get(serve(web), "/", Deadline.after(SOON), {"X-Trino-User": "gti\r\nX-Evil: 1"})
    assert not [question for question in web.asked if "X-Evil" in question]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """The certificate of server.gti.test and its key, in one file; its own authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "server.gti.test")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("server.gti.test")]), False)
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(secret + builder.sign(key, hashes.SHA256()).public_bytes(pem))
    return file


@pytest.fixture
def secure(serve, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    web = Web({"GET /": Page(200, b"private")})

    def talk(connection):
        with context.wrap_socket(connection, server_side=True) as encrypted:
            web(encrypted)

    return replace(serve(talk), tls=True)


def test_tls_is_verified_by_the_sites_authority_and_the_servers_name(secure, certificate):
    response = get(replace(secure, ca=certificate), "/", Deadline.after(SOON))
    assert response.body == b"private"


def test_a_certificate_of_another_name_is_not_trusted(secure, certificate):
    elsewhere = replace(secure, ca=certificate, name="other.gti.test")
    with pytest.raises(NoAnswer, match="its certificate is not trusted: Hostname mismatch"):
        get(elsewhere, "/", Deadline.after(SOON))


def test_a_certificate_of_an_unknown_authority_is_not_trusted(secure):
    with pytest.raises(NoAnswer, match="its certificate is not trusted"):
        get(secure, "/", Deadline.after(SOON))


def test_an_authority_file_that_is_missing_is_said(secure, tmp_path):
    with pytest.raises(NoAnswer, match="no TLS: no such file"):
        get(replace(secure, ca=tmp_path / "none.pem"), "/", Deadline.after(SOON))
