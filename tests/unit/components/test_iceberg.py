"""What is lost of an Iceberg table, in a bucket that is a dict."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from fastavro import parse_schema, writer

from gti.components.iceberg import Table, faults
from gti.components.s3 import Objects, place
from gti.components.wire import Deadline

from .servers import Page, Web

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
FOLDER = "warehouse/bronze.db/events/metadata/"
FIRST, SECOND = f"{FOLDER}00003-aa.metadata.json", f"{FOLDER}00004-bb.metadata.json"
SNAPSHOT, MANIFEST = f"{FOLDER}snap-1.avro", f"{FOLDER}x-m0.avro"
EVENTS = Table("bronze.events", f"s3a://datalake/{FIRST}")


def metadata(uuid: str = "events-1", scheme: str = "s3") -> bytes:
    snapshot = {"snapshot-id": 7, "manifest-list": f"{scheme}://datalake/{SNAPSHOT}"}
    table = {"format-version": 2, "table-uuid": uuid, "current-snapshot-id": 7, "snapshots": [snapshot]}
    return json.dumps(table).encode()


def manifest_list(*manifests: str) -> bytes:
    field = {"name": "manifest_path", "type": "string"}
    out = BytesIO()
    schema = parse_schema({"type": "record", "name": "manifest_file", "fields": [field]})
    writer(out, schema, [{"manifest_path": f"s3n://datalake/{key}"} for key in manifests])
    return out.getvalue()


WHOLE = {FIRST: metadata(), SNAPSHOT: manifest_list(MANIFEST), MANIFEST: b"avro"}


class Bucket(dict[str, Page]):
    """The pages of an S3 with these objects, all of the same age."""

    def __init__(self, objects: dict[str, bytes], age: timedelta) -> None:
        self._objects = objects
        self._changed = NOW - age

    def get(self, question: str, default: Page) -> Page:  # type: ignore[override]
        target = urlsplit(question.split(" ", 1)[1])
        query = parse_qs(target.query)
        if "list-type" in query:
            return self._listed(query["prefix"][0], query["start-after"][0])
        content = self._objects.get(unquote(target.path).removeprefix("/datalake/"))
        return Page(404) if content is None else Page(200, content)

    def _listed(self, prefix: str, after: str) -> Page:
        rows = [
            f"<Contents><Key>{key}</Key><LastModified>{self._changed:%Y-%m-%dT%H:%M:%S.000Z}</LastModified></Contents>"
            for key in sorted(self._objects)
            if key.startswith(prefix) and key > after
        ]
        return Page(200, "".join(rows).encode(), {"Date": format_datetime(NOW, usegmt=True)})


@pytest.fixture
def found(serve):
    def look(objects: dict[str, bytes], age: timedelta = timedelta(hours=1)) -> list[str]:
        at = serve(Web(Bucket(objects, age)))
        return [str(fault) for fault in faults(EVENTS, Objects(at, "key", "secret", Deadline.after(2)), True)]

    return look


def without(key: str) -> dict[str, bytes]:
    return {name: content for name, content in WHOLE.items() if name != key}


def test_a_whole_table_has_no_faults(found):
    assert found(WHOLE) == []


def test_a_pointer_to_nowhere(found):
    (fault,) = found(without(FIRST))
    assert fault == f"bronze.events: metadata_location points nowhere (s3a://datalake/{FIRST} is missing)"


def test_metadata_that_does_not_parse(found):
    (fault,) = found({**WHOLE, FIRST: b"garbage"})
    assert fault == "bronze.events: metadata_location does not parse (00003-aa.metadata.json is no metadata)"


def test_a_manifest_list_that_is_gone(found):
    assert found(without(SNAPSHOT)) == ["bronze.events: manifest list snap-1.avro is missing"]


def test_a_manifest_that_is_gone(found):
    assert found(without(MANIFEST)) == ["bronze.events: manifest x-m0.avro is missing"]


def test_a_manifest_list_that_is_no_avro(found):
    assert found({**WHOLE, SNAPSHOT: b"Obj\x01 no"}) == ["bronze.events: manifest list snap-1.avro does not parse"]


def test_a_commit_left_half(found):
    (fault,) = found({**WHOLE, SECOND: metadata()})
    assert fault == "bronze.events: a commit was left half: 00004-bb.metadata.json is not referenced"


def test_a_commit_in_progress_is_no_fault(found):
    assert found({**WHOLE, SECOND: metadata()}, age=timedelta(seconds=20)) == []


def test_metadata_of_a_dropped_table_in_the_same_folder_is_no_fault(found):
    assert found({**WHOLE, SECOND: metadata(uuid="events-0")}) == []


@pytest.mark.parametrize("scheme", ["s3", "s3a", "s3n"])
def test_all_of_hadoops_names_mean_the_bucket(scheme):
    at = place(f"{scheme}://datalake/a/b.json")
    assert at
    assert (at.bucket, at.folder, at.name) == ("datalake", "a/", "b.json")


def test_a_table_outside_of_the_buckets_is_not_asked_for(serve):
    web = Web({})
    objects = Objects(serve(web), "key", "secret", Deadline.after(1))
    assert faults(Table("raw.files", "file:/warehouse/x.metadata.json"), objects, True) == []
    assert web.asked == []
