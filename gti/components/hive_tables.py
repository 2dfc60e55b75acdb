"""Where the Hive Metastore says that its Iceberg tables are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gti.components.answer import Login, NoAnswer
from gti.components.hive_database import Refusal, logged_in
from gti.components.hive_thrift import STRANGE, Complaint, ask, short, text, texts
from gti.components.iceberg import Table
from gti.components.wire import Deadline, Wire, connect
from gti.remote.reach import Reach

# The metastore itself needs 20 ms for each table, its database 1 ms for all.
AT_MOST_BY_THRIFT = 25

NEWEST = """
SELECT d.NAME, t.TBL_NAME, p.PARAM_VALUE, COUNT(*) OVER ()
FROM TABLE_PARAMS p JOIN TBLS t USING (TBL_ID) JOIN DBS d USING (DB_ID)
WHERE p.PARAM_KEY = 'metadata_location' ORDER BY t.TBL_ID DESC LIMIT 200
"""
ICEBERG = 'hive_filter_field_params__table_type = "ICEBERG"'
PARAMETERS, NAME = 9, 1
MANY = 8 << 20  # bytes: wide tables have much to tell


@dataclass(frozen=True)
class Tables:
    """Those to look at, of how many there are."""

    chosen: tuple[Table, ...]
    of: int


def newest_tables(at: Reach, login: Login, deadline: Deadline) -> Tables:
    """From the metastore's database."""
    try:
        with connect(replace(at, tls=False), deadline) as wire, logged_in(wire, login) as select:
            rows = select(NEWEST)
    except Refusal as refusal:
        raise NoAnswer(str(refusal)) from refusal
    tables = tuple(Table(f"{database}.{name}", str(location)) for database, name, location, _ in rows)
    return Tables(tables, int(rows[0][3]) if rows else 0)


def some_tables(at: Reach, deadline: Deadline) -> Tables:
    """From the metastore, for who may not ask its database."""
    chosen: list[Table] = []
    count = 0
    with connect(at, deadline, at_most=MANY) as wire:
        try:
            for database in ask(wire, "get_all_databases"):
                wanted = (text(1, database), text(2, ICEBERG), short(3, -1))
                names = ask(wire, "get_table_names_by_filter", *wanted)
                count += len(names)
                chosen += _located(wire, database, names[: AT_MOST_BY_THRIFT - len(chosen)])
        except Complaint as complaint:
            raise NoAnswer(str(complaint)) from complaint
        except (LookupError, TypeError, AttributeError):
            raise NoAnswer(STRANGE) from None
    return Tables(tuple(chosen), count)


def _located(wire: Wire, database: str, names: list[str]) -> list[Table]:
    if not names:
        return []
    tables: list[dict[int, Any]] = ask(wire, "get_table_objects_by_name", text(1, database), texts(2, names))
    return [
        Table(f"{database}.{table[NAME]}", table[PARAMETERS]["metadata_location"])
        for table in tables
        if "metadata_location" in table[PARAMETERS]
    ]
