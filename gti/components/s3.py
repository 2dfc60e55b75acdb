"""Objects in buckets, read over the one bounded way to ask HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from html import unescape
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from gti.components.answer import NoAnswer
from gti.components.http import LARGEST, Response, ask
from gti.components.wire import Deadline
from gti.remote.reach import Reach

NOTHING = sha256(b"").hexdigest()
LONGEST = 16 << 20  # of an object that is read whole
LISTED = re.compile(r"<Key>(.*?)</Key><LastModified>(.*?)</LastModified>", re.DOTALL)


_LOADING = Lock()


def load_library() -> None:
    """Before any part of it is imported: threads that begin with different parts wait for each other."""
    with _LOADING:
        import minio  # noqa: F401


class Refused(Exception):
    """S3 says no, by its code."""


@dataclass(frozen=True)
class Place:
    """An object. Hadoop's s3a:// and its older names all mean the bucket."""

    bucket: str
    key: str

    @property
    def folder(self) -> str:
        return self.key.rpartition("/")[0] + "/"

    @property
    def name(self) -> str:
        return self.key.rpartition("/")[2]


def place(address: str) -> Place | None:
    found = re.fullmatch(r"s3[an]?://([^/]+)/(.+)", address, re.DOTALL)
    return Place(found[1], found[2]) if found else None


class Objects:
    """May be asked by several threads. Each question is one connection."""

    def __init__(self, at: Reach, user: str, password: str, deadline: Deadline) -> None:
        self._at, self._user, self._password, self._deadline = at, user, password, deadline
        self._regions: dict[str, str] = {}

    def has_bucket(self, bucket: str) -> bool:
        """Asked first: a signature needs the region, which anybody with a key may learn."""
        answer = self._get("GET", f"/{bucket}", {"location": ""})
        if answer.status == 404:
            return False
        if found := re.search(r"<LocationConstraint[^>]*>([\w-]+)<", answer.text):
            self._regions[bucket] = found[1]
        return True

    def exists(self, at: Place) -> bool:
        return self._get("HEAD", _path(at)).status != 404

    def read(self, at: Place) -> bytes | None:
        """None when it is not there. In parts: one answer is cut at a length that long histories pass."""
        content = b""
        while len(content) < LONGEST:
            span = f"bytes={len(content)}-{len(content) + LARGEST - 1}"
            answer = self._get("GET", _path(at), span=span)
            if answer.status == 404:
                return None
            content += answer.body
            if len(content) >= _whole_length(answer, len(content)) or not answer.body:
                return content
        raise Refused(f"{at.name} is longer than {LONGEST >> 20} MiB")

    def after(self, at: Place, at_most: int) -> list[tuple[Place, float]]:
        """The next objects of its folder in the order of their names, each with its age in seconds."""
        query = {"list-type": "2", "prefix": at.folder, "start-after": at.key, "max-keys": str(at_most)}
        answer = self._get("GET", f"/{at.bucket}", query)
        try:
            now = parsedate_to_datetime(answer.headers.get("Date") or "")
            return [
                (Place(at.bucket, unescape(key)), (now - datetime.fromisoformat(changed)).total_seconds())
                for key, changed in LISTED.findall(answer.text)
            ]
        except (ValueError, TypeError):
            raise NoAnswer("not S3's answer to a question for a list") from None

    def _get(
        self, method: str, path: str, query: dict[str, str] | None = None, span: str | None = None
    ) -> Response:
        target = quote(path) + (f"?{urlencode(sorted(query.items()), quote_via=quote)}" if query else "")
        headers = {**self._signed(method, path, target), **({"Range": span} if span else {})}
        answer = ask(self._at, method, target, self._deadline, headers)
        if answer.status in (200, 206, 404, 416):
            return answer
        code = re.search(r"<Code>(\w+)</Code>", answer.text)
        raise Refused(code[1] if code else f"HTTP {answer.status}")

    def _signed(self, method: str, path: str, target: str) -> dict[str, str]:
        load_library()
        from minio.credentials.credentials import Credentials
        from minio.signer import sign_v4_s3

        now = datetime.now(UTC)
        scheme = "https" if self._at.tls else "http"
        host = f"{self._at.name}:{self._at.service_port}"
        headers: dict[str, Any] = {"Host": host, "x-amz-content-sha256": NOTHING}
        headers["x-amz-date"] = f"{now:%Y%m%dT%H%M%SZ}"
        signed = sign_v4_s3(
            method=method,
            url=urlsplit(f"{scheme}://{host}{target}"),
            region=self._regions.get(path.split("/")[1], "us-east-1"),
            headers=headers,
            credentials=Credentials(self._user, self._password),
            content_sha256=NOTHING,
            date=now,
        )
        return {name: str(value) for name, value in signed.items()}


def _path(at: Place) -> str:
    return f"/{at.bucket}/{at.key}"


def _whole_length(answer: Response, read: int) -> int:
    found = re.search(r"/(\d+)$", answer.headers.get("Content-Range") or "")
    return int(found[1]) if found else read
