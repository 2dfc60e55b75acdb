"""What is told of tables, when not everything of them can be asked."""

from __future__ import annotations

from gti.components.answer import Answer, Login, NoAnswer
from gti.components.iceberg import Fault, Table
from gti.remote.reach import Reach
from gti.site import Host, Service, Site
from gti.status.lakehouse import TablesSeen, look_at_tables

HOST = Host("lab", "lab.gti.test")
METASTORE = Service("hive-metastore", "metastore", HOST, "hive-metastore", port=9083)
MINIO = Service("minio", "minio", HOST, "minio", port=9000)
SITE = Site("lab", (HOST,), (MINIO, METASTORE))
WELL = Answer(well=True, says="2 databases", worries=("a stuck lock",))


def away(service: Service) -> Reach:
    raise NoAnswer(f"{service.name} refuses connections")


def lost(name: str, at: str) -> Fault:
    return Fault(Table(name, "s3a://datalake/x"), at, "manifest x-m0.avro is missing")


def test_without_a_key_no_table_is_looked_at():
    seen = look_at_tables(SITE, away, lambda _: Login(wanting="env:S3A_KEY is not set"), 1)
    assert seen.missing == "no password (env:S3A_KEY is not set): tables not asked"


def test_a_server_out_of_reach_is_no_fault_of_the_tables():
    seen = look_at_tables(SITE, away, lambda _: Login("key", "secret"), 1)
    assert seen == TablesSeen(missing="tables not looked at: minio refuses connections")


def test_a_site_without_minio_has_nothing_to_say_of_tables():
    assert look_at_tables(Site("lab", (HOST,), (METASTORE,)), away, lambda _: Login(), 1) == TablesSeen()


def test_each_service_is_told_what_it_has_lost_after_its_own_worries():
    seen = TablesSeen((lost("a.b", "minio"), lost("c.d", "hive-metastore")), "2 Iceberg tables")
    answer = seen.onto("hive-metastore", WELL)
    assert answer.worries == ("a stuck lock", "c.d: manifest x-m0.avro is missing")
    assert answer.says == "2 databases, 2 Iceberg tables"
    assert seen.onto("minio", WELL).worries == ("a stuck lock", "a.b: manifest x-m0.avro is missing")


def test_many_faults_are_counted():
    seen = TablesSeen(tuple(lost(f"a.t{number}", "minio") for number in range(9)))
    assert seen.onto("minio", WELL).worries[6:] == ("and 4 more tables",)
