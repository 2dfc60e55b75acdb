"""What the probe of MinIO says; the pages are those of RELEASE.2025-09-07T16-13-09Z."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from gti.components.answer import Login, NoAnswer
from gti.components.minio import probe

from .servers import Page, Web, as_json

IDS = {"Server": "MinIO", "X-Amz-Request-Id": "18E9F8746D1E3DEF"}
LIVE, CLUSTER = "GET /minio/health/live", "GET /minio/health/cluster"
INFO, LOCATION, BUCKET = "GET /minio/admin/v3/info", "GET /datalake?location=", "HEAD /datalake"
KEY = Login("operator", "operator-secret", bucket="datalake")
XML = {**IDS, "Content-Type": "application/xml"}


def refusal(code: str) -> Page:
    return as_json({"Code": code, "Message": "words", "Resource": "/minio/admin/v3/info"}, 403, IDS)


def drives(online: int, offline: int) -> Page:
    backend = {"backendType": "Erasure", "onlineDisks": online, "offlineDisks": offline}
    info = {"mode": "online", "backend": backend, "servers": [{"version": "2025-09-07T16:13:09Z"}]}
    return as_json(info, headers=IDS)


PAGES = {
    LIVE: Page(200, headers=IDS),
    CLUSTER: Page(200, headers={**IDS, "X-Minio-Write-Quorum": "1"}),
    LOCATION: Page(200, b'<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>', XML),
    BUCKET: Page(200, headers=XML),
    INFO: drives(1, 0),
}


def test_an_administrators_key_shows_version_drives_and_bucket(serve):
    answer = probe(serve(Web(PAGES)), KEY, 2)
    assert (answer.well, answer.says) == (True, "1 of 1 drives online, bucket datalake found")
    assert answer.version == "RELEASE.2025-09-07T16-13-09Z"
    assert answer.missing is None


def test_an_ordinary_key_is_no_fault_and_only_the_version_is_missing(serve):
    answer = probe(serve(Web({**PAGES, INFO: refusal("AccessDenied")})), KEY, 2)
    assert (answer.well, answer.says) == (True, "live and writable, bucket datalake found")
    assert answer.version is None
    assert answer.missing == "version and drives: not an administrator's key"


def test_without_a_key_the_health_pages_have_to_do(serve):
    answer = probe(serve(Web(PAGES)), Login(wanting="env:S3A_ACCESS_KEY is not set", bucket="datalake"), 1)
    assert (answer.well, answer.says) == (True, "live and writable")
    assert answer.missing == "no password (env:S3A_ACCESS_KEY is not set): bucket not asked"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("InvalidAccessKeyId", "does not know the access key (it never was, or has expired)"),
        ("SignatureDoesNotMatch", "refuses the secret key"),
    ],
)
def test_a_refused_key_is_unwell_in_clear_words(serve, code, says):
    answer = probe(serve(Web({**PAGES, INFO: refusal(code)})), KEY, 1)
    assert (answer.well, answer.says) == (False, says)


def test_a_disabled_key_is_told_from_an_unknown_one(serve):
    words = "Your account is disabled; please contact your administrator."
    page = as_json({"Code": "InvalidAccessKeyId", "Message": words}, 403, IDS)
    answer = probe(serve(Web({**PAGES, INFO: page})), KEY, 1)
    assert (answer.well, answer.says) == (False, "the access key is disabled")


def with_drives(*drives: dict[str, object]) -> Page:
    backend = {"backendType": "Erasure", "onlineDisks": 1, "offlineDisks": 1}
    servers = [{"version": "2025-09-07T16:13:09Z", "drives": list(drives)}]
    return as_json({"mode": "online", "backend": backend, "servers": servers}, headers=IDS)


FULL_DRIVE = {"endpoint": "/data/1", "state": "ok", "totalspace": 100 << 30, "availspace": 4 << 30}
LOST_DRIVE = {"endpoint": "/data/2", "state": "offline"}


def test_a_drive_that_is_offline_worries_more_than_one_that_is_full(serve):
    answer = probe(serve(Web({**PAGES, INFO: with_drives(FULL_DRIVE, LOST_DRIVE)})), KEY, 1)
    assert answer.well
    assert answer.worries == ("drive /data/2 is offline", "drive /data/1 is 96 % full, 4096 MiB free")


def test_a_drive_that_went_with_its_server_has_no_name(serve):
    answer = probe(serve(Web({**PAGES, INFO: drives(3, 1)})), KEY, 1)
    assert answer.worries == ("1 drive offline",)


def test_an_administrator_learns_which_drive_is_in_the_way_of_writing(serve):
    pages = {**PAGES, CLUSTER: Page(503, headers=IDS), INFO: with_drives(LOST_DRIVE)}
    answer = probe(serve(Web(pages)), KEY, 1)
    assert answer.says == "too few drives online to write (HTTP 503): drive /data/2 is offline"


def test_a_missing_bucket_is_unwell(serve):
    answer = probe(serve(Web({**PAGES, BUCKET: Page(404, headers=XML)})), KEY, 1)
    assert (answer.well, answer.says) == (False, "1 of 1 drives online, no bucket datalake")


def test_too_few_drives_to_write_is_unwell(serve):
    answer = probe(serve(Web({**PAGES, CLUSTER: Page(503, headers=IDS)})), KEY, 1)
    assert (answer.well, answer.says) == (False, "too few drives online to write (HTTP 503)")


def test_a_lost_drive_is_said_while_minio_still_serves(serve):
    answer = probe(serve(Web({**PAGES, INFO: drives(3, 1)})), KEY, 1)
    assert (answer.well, answer.says) == (True, "3 of 4 drives online, bucket datalake found")


def test_minio_that_fails_at_the_question_for_its_drives_is_unwell(serve):
    answer = probe(serve(Web({**PAGES, INFO: Page(503, b"busy", IDS)})), KEY, 1)
    assert (answer.well, answer.says) == (False, "admin request failed; Status: 503, Body: busy")


def test_the_signed_questions_name_the_server_and_not_the_tunnel(serve):
    web = Web(PAGES)
    probe(serve(web), KEY, 1)
    assert len(web.asked) == 5
    assert all("Host: server.gti.test:4711\r\n" in question for question in web.asked)


def test_a_packed_answer_is_not_unpacked(serve):
    bomb = Page(200, gzip.compress(bytes(32 << 20)), {**XML, "Content-Encoding": "gzip"})
    tracemalloc.start()
    try:
        with pytest.raises(NoAnswer):
            probe(serve(Web({**PAGES, INFO: bomb})), KEY, 1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


@pytest.mark.parametrize("broken", [INFO, LOCATION])
@pytest.mark.parametrize("body", [b"\xff\xfe garbage", b"[1]", b"<!doctype html>", b""])
def test_strange_answers_to_a_signed_question_are_no_answer(serve, broken, body):
    with pytest.raises(NoAnswer, match="not MinIO's answer to a signed request"):
        probe(serve(Web({**PAGES, broken: Page(200, body, XML)})), KEY, 1)
