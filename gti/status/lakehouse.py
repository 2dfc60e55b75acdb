"""What no single service can tell: whether the tables that the metastore names are in the buckets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from gti.components.answer import Answer, Login, NoAnswer, plural
from gti.components.hive_tables import Tables, newest_tables, some_tables
from gti.components.iceberg import Fault, Table, faults
from gti.components.s3 import Objects, Refused, place
from gti.components.wire import Deadline
from gti.errors import GtiError
from gti.remote.reach import Reach
from gti.site import Service, Site

AT_ONCE = 8
WITH_HALF_COMMITS = 50  # of the newest tables
NAMED = 5


@dataclass(frozen=True)
class TablesSeen:
    """`faults` are told by the protocol of the service that has them; `says` how many tables were looked at."""

    faults: tuple[Fault, ...] = ()
    says: str | None = None
    missing: str | None = None

    def onto(self, protocol: str | None, answer: Answer) -> Answer:
        """The service's own answer, with what was found of it here. Its own worries come first."""
        found = [str(fault) for fault in self.faults if fault.at == protocol]
        more = [f"and {plural(len(found) - NAMED, 'more table')}"] if len(found) > NAMED else []
        answer = replace(answer, worries=(*answer.worries, *found[:NAMED], *more))
        if protocol != "hive-metastore" or not answer.well:
            return answer
        missing = "; ".join(part for part in (answer.missing, self.missing) if part) or None
        return replace(answer, says=f"{answer.says}, {self.says}" if self.says else answer.says, missing=missing)


def look_at_tables(
    site: Site, reach: Callable[[Service], Reach], login: Callable[[Service], Login], seconds: float
) -> TablesSeen:
    """Of a site with a metastore and MinIO, in `seconds`. Never raises for what a server does."""
    deadline = Deadline.after(seconds)
    metastore, minio = _service(site, "hive-metastore"), _service(site, "minio")
    if metastore is None or minio is None:
        return TablesSeen()
    key = login(minio)
    if key.user is None or key.password is None:
        return TablesSeen(missing=key.unasked("tables"))
    try:
        ways = _ways(site, metastore, reach, login, deadline)
        objects = Objects(reach(minio), key.user, key.password, deadline)
        return _looked_at(ways, objects, key.bucket)
    except Refused as refused:
        return TablesSeen(missing=f"tables not looked at: {minio.name} says {refused}")
    except GtiError as error:
        return TablesSeen(missing=f"tables not looked at: {error.what}")


def _service(site: Site, protocol: str) -> Service | None:
    return next((service for service in site.services if service.protocol == protocol), None)


def _ways(
    site: Site,
    metastore: Service,
    reach: Callable[[Service], Reach],
    login: Callable[[Service], Login],
    deadline: Deadline,
) -> Callable[[], Tables]:
    """The database is by far the faster, but needs a password."""
    database = _service(site, "mariadb")
    user = login(database) if database else Login()
    if database is None or user.user is None or user.password is None or database.tls:
        return lambda: some_tables(reach(metastore), deadline)
    return lambda: newest_tables(reach(database), user, deadline)


def _looked_at(list_tables: Callable[[], Tables], objects: Objects, bucket: str | None) -> TablesSeen:
    tables = list_tables()
    known = _in_known_buckets(tables.chosen, objects, bucket)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        seen = list(threads.map(lambda at: _look_at(known[at], objects, at), range(len(known))))
    done = sum(one is not None for one in seen)
    found = [fault for one in seen for fault in one or ()]
    missing = None if done == tables.of else f"{done} of {plural(tables.of, 'table')} looked at"
    return TablesSeen(tuple(_confirmed(found, list_tables)), plural(tables.of, "Iceberg table"), missing)


def _in_known_buckets(tables: Sequence[Table], objects: Objects, own: str | None) -> list[Table]:
    """Without those in the site's own bucket when that is gone: MinIO's answer says so once for all of them."""
    places = {table: place(table.location) for table in tables}
    buckets = {at.bucket for at in places.values() if at}
    gone = {bucket for bucket in buckets if not objects.has_bucket(bucket)} & {own}
    return [table for table, at in places.items() if at and at.bucket not in gone]


def _look_at(table: Table, objects: Objects, number: int) -> list[Fault] | None:
    """None when it could not be finished in time, or the server would not let us."""
    try:
        return faults(table, objects, look_for_half=number < WITH_HALF_COMMITS)
    except (NoAnswer, Refused):
        return None


def _confirmed(found: list[Fault], list_tables: Callable[[], Tables]) -> Iterable[Fault]:
    """A commit or a DROP TABLE while we look moves the pointer, and may take away what it led to."""
    if not found:
        return found
    try:
        still = set(list_tables().chosen)
    except NoAnswer:
        return found
    return [fault for fault in found if fault.table in still]
