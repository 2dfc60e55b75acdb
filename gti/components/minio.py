"""MinIO: its health pages, and with a key its drives, its version and the bucket."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from gti.components.answer import Answer, Login, NoAnswer, in_one_line, plural
from gti.components.http import Response, ask, get, whole
from gti.components.s3 import load_library
from gti.components.wire import Deadline, Silent
from gti.remote.reach import Reach

if TYPE_CHECKING:
    from minio.credentials.providers import StaticProvider
    from urllib3 import PoolManager

LIVE = "/minio/health/live"
WRITABLE = "/minio/health/cluster"
# In this order: a key that was disabled has the same code as one that never was, an expired one even its words.
NO_SUCH_KEY = {
    "account is disabled": "the access key is disabled",
    "InvalidAccessKeyId": "does not know the access key (it never was, or has expired)",
    "SignatureDoesNotMatch": "refuses the secret key",
    "XMinioStorageFull": "its disks are full",
}
ALMOST_FULL = 0.95


@dataclass(frozen=True)
class Drives:
    """`worries` name those that are offline, broken or full."""

    version: str | None
    online: int
    offline: int
    worries: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.online} of {self.online + self.offline} drives online"


class Complaint(Exception):
    """The server refuses the key or fails, in words for the operator."""


def probe(at: Reach, login: Login, seconds: float) -> Answer:
    deadline = Deadline.after(seconds)
    for path, problem in ((LIVE, "not live"), (WRITABLE, "too few drives online to write")):
        page = get(at, path, deadline)
        _recognise(page)
        if page.status != 200:
            return Answer(well=False, says=f"{problem} (HTTP {page.status}){_which_drive(at, login, deadline)}")
    if login.user is None or login.password is None:
        return Answer(well=True, says="live and writable", missing=login.unasked("bucket"))
    return _with_key(at, login.user, login.password, login.bucket, deadline)


def _recognise(page: Response) -> None:
    """Its health pages are empty. It names itself in a header that proxies leave alone."""
    if "X-Amz-Request-Id" not in page.headers or page.body:
        raise NoAnswer(f"not MinIO's answer to {page.path}")


def _with_key(at: Reach, user: str, password: str, bucket: str | None, deadline: Deadline) -> Answer:
    load_library()
    from minio.credentials.providers import StaticProvider

    try:
        key, http = StaticProvider(user, password), _bounded(at, deadline)
        drives = _drives(at, key, http)
        problem = _bucket_problem(at, key, http, bucket)
    except Complaint as complaint:
        return Answer(well=False, says=str(complaint))
    except Silent as silent:
        return Answer(well=False, says=f"live, but {silent.what} to a question about its drives or bucket")
    except NoAnswer:
        raise
    except Exception as error:  # the library falls over strange answers in many ways
        raise NoAnswer("not MinIO's answer to a signed request") from error
    return _told(drives, bucket, problem)


def _which_drive(at: Reach, login: Login, deadline: Deadline) -> str:
    """To one who may know. MinIO is often slow to tell when a drive has just gone."""
    load_library()
    from minio.credentials.providers import StaticProvider

    if login.user is None or login.password is None:
        return ""
    try:
        drives = _drives(at, StaticProvider(login.user, login.password), _bounded(at, deadline))
    except (Complaint, NoAnswer, ValueError, LookupError, TypeError, AttributeError):
        return ""
    return f": {drives.worries[0]}" if drives and drives.worries else ""


def _told(drives: Drives | None, bucket: str | None, problem: str | None) -> Answer:
    found = [str(drives) if drives else "live and writable"]
    found += [problem or f"bucket {bucket} found"] if bucket else []
    missing = None if drives else "version and drives: not an administrator's key"
    version = drives.version if drives else None
    worries = drives.worries if drives else ()
    return Answer(problem is None, ", ".join(found), version, missing, worries)


def _drives(at: Reach, key: StaticProvider, http: PoolManager) -> Drives | None:
    """None for the key of an ordinary user."""
    from minio import MinioAdmin
    from minio.error import MinioAdminException

    admin = MinioAdmin(endpoint=_endpoint(at), credentials=key, secure=at.tls, http_client=http)
    try:
        info = json.loads(admin.info())
    except MinioAdminException as error:
        _check_key(str(error))
        if "Status: 5" in str(error):
            raise Complaint(in_one_line(str(error))) from error
        return None
    backend, servers = info["backend"], info["servers"]
    version = _release(str(servers[0]["version"])) if servers else None
    offline = whole(backend["offlineDisks"])
    return Drives(version, whole(backend["onlineDisks"]), offline, tuple(_worries(servers, offline)))


def _worries(servers: list[dict[str, Any]], offline: int) -> list[str]:
    """Full ones last: a drive that is offline has no sizes. A server that is away does not list its drives."""
    drives = [drive for server in servers for drive in server.get("drives") or []]
    broken = [
        in_one_line(f"drive {drive['endpoint']} is {drive['state']}") for drive in drives if drive["state"] != "ok"
    ]
    unnamed = offline - len(broken)
    broken += [f"{plural(unnamed, 'drive')} offline"] if unnamed > 0 else []
    return broken + [worry for drive in drives if (worry := _fullness(drive))]


def _fullness(drive: dict[str, Any]) -> str | None:
    total, free = whole(drive.get("totalspace", 0)), whole(drive.get("availspace", 0))
    if drive["state"] != "ok" or total == 0 or free > (1 - ALMOST_FULL) * total:
        return None
    full = 100 - 100 * free // total
    return in_one_line(f"drive {drive['endpoint']} is {full} % full, {free >> 20} MiB free")


def _release(version: str) -> str:
    """Its name for 2025-09-07T16:13:09Z is RELEASE.2025-09-07T16-13-09Z."""
    return in_one_line(f"RELEASE.{version.replace(':', '-')}" if version[:1].isdigit() else version)


def _bucket_problem(at: Reach, key: StaticProvider, http: PoolManager, bucket: str | None) -> str | None:
    from minio import Minio
    from minio.error import S3Error

    if bucket is None:
        return None
    client = Minio(_endpoint(at), credentials=key, secure=at.tls, http_client=http)
    try:
        return None if client.bucket_exists(bucket) else f"no bucket {bucket}"
    except S3Error as error:
        _check_key(f"{error.code} {error.message}")
        return in_one_line(f"bucket {bucket}: {error.code}")


def _check_key(words: str) -> None:
    for code, problem in NO_SUCH_KEY.items():
        if code in words:
            raise Complaint(problem)


def _endpoint(at: Reach) -> str:
    return f"{at.name}:{at.service_port}"


def _bounded(at: Reach, deadline: Deadline) -> PoolManager:
    """The library's questions, asked our way: against the clock, once, and through the tunnel."""
    from urllib3 import HTTPResponse, PoolManager
    from urllib3.util import parse_url

    class Bounded(PoolManager):
        def urlopen(self, method: str, url: str, **asked: Any) -> HTTPResponse:  # type: ignore[override]
            path = parse_url(url).request_uri
            answer = ask(at, method, path, deadline, dict(asked["headers"]), asked.get("body"))
            return HTTPResponse(
                BytesIO(answer.body),
                dict(answer.headers),
                answer.status,
                preload_content=asked.get("preload_content", True),
                # Packed a thousandfold, a small body would fill the memory. We asked for none.
                decode_content=False,
            )

    return Bounded()
