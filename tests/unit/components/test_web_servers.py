"""What the probes of Spark, Trino, Airflow, Superset and Gitea say; the pages are the real servers'."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from gti.components import airflow, gitea, spark, superset, trino
from gti.components.answer import Login, NoAnswer

from .servers import Page, Web, as_json

ADMIN = Login("admin", "secret")


# Spark 3.5.7

SPARK_PAGE = Page(200, b'<h3><a><span class="version" style="margin-right: 15px;">3.5.7</span></a></h3>')
MASTER = {
    "url": "spark://127.0.0.1:7077",
    "workers": [{"id": "worker-1", "state": "ALIVE"}, {"id": "worker-0", "state": "DEAD"}],
    "aliveworkers": 1,
    "cores": 2,
    "coresused": 1,
    "status": "ALIVE",
}
WORKER = {"masterurl": "spark://127.0.0.1:7077", "cores": 2, "coresused": 1, "executors": [{}]}


def spark_says(state: object) -> Web:
    return Web({"GET /json/": as_json(state), "GET /": SPARK_PAGE})


def test_a_spark_master_with_workers_is_well(serve):
    answer = spark.probe_master(serve(spark_says(MASTER)), Login(), 1)
    assert (answer.well, answer.says) == (True, "1 worker alive (1 lost), 1/2 cores used")
    assert answer.version == "3.5.7"


def test_a_spark_master_without_workers_is_worried_and_leaves_the_blame_to_the_worker(serve):
    state = {**MASTER, "workers": [], "aliveworkers": 0, "cores": 0, "coresused": 0}
    answer = spark.probe_master(serve(spark_says(state)), Login(), 1)
    assert (answer.well, answer.says) == (True, "0 workers alive, 0/0 cores used")
    assert answer.worries[0] == "no worker is alive"


AT_NINE = {"Date": "Sat, 21 Nov 2026 09:00:00 GMT"}
NINE = datetime(2026, 11, 21, 9, tzinfo=UTC).timestamp()


def worker(state: str, age: int, host: str = "spark-2") -> dict[str, object]:
    return {"host": host, "state": state, "lastheartbeat": int(NINE - age) * 1000}


@pytest.mark.parametrize(
    ("workers", "worries"),
    [
        ([worker("ALIVE", 14)], ()),
        ([worker("ALIVE", 33)], ("the worker on spark-2 is silent: its last heartbeat was 33 s ago",)),
        ([worker("DEAD", 214)], ("the worker on spark-2 is lost: its last heartbeat was 214 s ago",)),
        ([worker("DEAD", 7200)], ()),
        ([worker("DEAD", 214), worker("ALIVE", 3)], ()),
        ([{"state": "DEAD"}], ()),
    ],
    ids=["well", "silent", "lost", "lost long ago", "started again", "of another release"],
)
def test_a_worker_that_the_master_hears_no_more_is_a_worry(serve, workers, worries):
    page = as_json({**MASTER, "workers": [worker("ALIVE", 1, "spark-1"), *workers]}, headers=AT_NINE)
    answer = spark.probe_master(serve(Web({"GET /json/": page, "GET /": SPARK_PAGE})), Login(), 1)
    assert (answer.well, answer.worries) == (True, worries)


def test_a_standby_master_is_unwell(serve):
    answer = spark.probe_master(serve(spark_says({**MASTER, "status": "STANDBY"})), Login(), 1)
    assert (answer.well, answer.says) == (False, "the master is STANDBY")


def test_a_spark_worker_tells_its_cores_and_executors(serve):
    answer = spark.probe_worker(serve(spark_says(WORKER)), Login(), 1)
    assert (answer.well, answer.says, answer.version) == (True, "1/2 cores used, 1 executor", "3.5.7")


def test_a_worker_that_never_found_its_master_is_unwell(serve):
    answer = spark.probe_worker(serve(spark_says({**WORKER, "masterurl": ""})), Login(), 1)
    assert (answer.well, answer.says) == (False, "never registered with a master")


def test_a_master_is_not_taken_for_a_worker_nor_a_worker_for_a_master(serve):
    with pytest.raises(NoAnswer):
        spark.probe_worker(serve(spark_says(MASTER)), Login(), 1)
    with pytest.raises(NoAnswer):
        spark.probe_master(serve(spark_says(WORKER)), Login(), 1)


# Trino 476

INFO = {"nodeVersion": {"version": "476"}, "environment": "lab", "coordinator": True, "starting": False}
NEXT = "http://trino.elsewhere.test:8080/v1/statement/queued/20261121_055253_00011_6675u/y16b/1"
QUEUED = {"id": "20261121_055253_00011_6675u", "nextUri": NEXT, "stats": {"state": "QUEUED"}}
FINISHED = {"id": "20261121_055253_00011_6675u", "columns": [], "data": [[2]]}
NEXT_PAGE = "GET /v1/statement/queued/20261121_055253_00011_6675u/y16b/1"
WANTS_USER = Page(401, b"Basic authentication or X-Trino-User must be sent")


def trino_says(statement: Page, following: Page | None = None, **info: object) -> Web:
    pages = {"GET /v1/info": as_json({**INFO, **info}), "POST /v1/statement": statement}
    return Web({**pages, NEXT_PAGE: following} if following else pages)


def test_trino_counts_its_active_nodes(serve):
    answer = trino.probe(serve(trino_says(as_json(QUEUED), as_json(FINISHED))), Login("gti"), 1)
    assert (answer.well, answer.says, answer.version) == (True, "2 active nodes", "476")


def test_a_starting_trino_is_not_asked_a_query(serve):
    web = trino_says(as_json(QUEUED), starting=True)
    answer = trino.probe(serve(web), Login("gti"), 1)
    assert (answer.well, answer.says) == (False, "starting")
    assert len(web.asked) == 1


def test_a_query_refused_for_want_of_credentials_is_no_fault(serve):
    answer = trino.probe(serve(trino_says(WANTS_USER)), Login("gti"), 1)
    assert (answer.well, answer.version) == (True, "476")
    assert answer.missing == "nodes not counted: HTTP 401 to a query without credentials"


def test_a_query_that_may_not_see_the_nodes_is_no_fault(serve):
    error = {"message": "Access Denied: Cannot select from system", "errorName": "PERMISSION_DENIED"}
    answer = trino.probe(serve(trino_says(as_json(QUEUED), as_json({"error": error}))), Login("gti"), 1)
    assert answer.well
    assert answer.missing == "nodes not counted: Access Denied: Cannot select from system"


def test_a_failing_query_is_told_in_trinos_words(serve):
    error = {"message": "No nodes available to run query", "errorName": "NO_NODES_AVAILABLE"}
    answer = trino.probe(serve(trino_says(as_json({"error": error}))), Login("gti"), 1)
    assert (answer.well, answer.says) == (False, "query failed: No nodes available to run query")


def test_trino_that_never_ends_a_query_is_unwell_when_time_is_over(serve):
    answer = trino.probe(serve(trino_says(as_json(QUEUED), as_json(QUEUED))), Login("gti"), 0.1)
    assert (answer.well, answer.says) == (False, "answers, but not to a query (no answer in 0.1 s)")


def test_a_password_never_goes_to_trino_over_plain_http(serve):
    web = trino_says(as_json(QUEUED), as_json(FINISHED))
    trino.probe(serve(web), Login("gti", "secret"), 1)
    assert not [question for question in web.asked if "authorization" in question.lower()]


@pytest.mark.parametrize("address", ["http://trino.test/etc/passwd", 7, "http://[broken"])
def test_trino_does_not_lead_the_probe_to_other_pages(serve, address):
    with pytest.raises(NoAnswer):
        trino.probe(serve(trino_says(as_json({**QUEUED, "nextUri": address}))), Login("gti"), 1)


# Airflow 2.9.3

NOW = datetime(2026, 11, 21, 5, 35, 21, tzinfo=UTC)
DATE = {"Date": format_datetime(NOW, usegmt=True)}
AIRFLOW_VERSION = as_json({"git_version": ".release:81845de9", "version": "2.9.3"})
DAGS = "GET /api/v1/dags?limit=1"
FORBIDDEN = as_json({"detail": None, "status": 403, "title": "Forbidden"}, 403)


def health(database: str = "healthy", scheduler: str = "healthy", beat: str | None = "05:35:18.181439") -> Page:
    heartbeat = beat and f"2026-11-21T{beat}+00:00"
    parts = {
        "metadatabase": {"status": database},
        "scheduler": {"latest_scheduler_heartbeat": heartbeat, "status": scheduler},
        "triggerer": {"latest_triggerer_heartbeat": None, "status": None},
    }
    return as_json(parts, headers=DATE)


def airflow_says(page: Page, dags: Page = FORBIDDEN) -> Web:
    return Web({"GET /health": page, "GET /api/v1/version": AIRFLOW_VERSION, DAGS: dags})


def test_airflow_with_a_login_counts_its_dags(serve):
    web = airflow_says(health(), as_json({"dags": [], "total_entries": 7}))
    answer = airflow.probe_webserver(serve(web), ADMIN, 1)
    assert (answer.well, answer.says, answer.version) == (True, "metadata database healthy, 7 DAGs", "2.9.3")
    assert f"Authorization: Basic {b64encode(b'admin:secret').decode()}" in web.asked[-1]


def test_files_that_are_no_dags_are_told_and_no_worry(serve):
    web = airflow_says(health(), as_json({"dags": [], "total_entries": 1}))
    web.pages = {**web.pages, "GET /api/v1/importErrors?limit=1": as_json({"total_entries": 2})}
    answer = airflow.probe_webserver(serve(web), ADMIN, 1)
    assert (answer.well, answer.worries) == (True, ())
    assert answer.says == "metadata database healthy, 1 DAG, 2 import errors"


def test_airflow_without_a_password_is_asked_less(serve):
    login = Login("admin", wanting="env:AIRFLOW_PASSWORD is not set")
    answer = airflow.probe_webserver(serve(airflow_says(health())), login, 1)
    assert (answer.well, answer.says) == (True, "metadata database healthy")
    assert answer.missing == "no password (env:AIRFLOW_PASSWORD is not set): API not asked"


def test_airflow_does_not_tell_a_wrong_password_from_basic_auth_switched_off(serve):
    answer = airflow.probe_webserver(serve(airflow_says(health())), ADMIN, 1)
    assert answer.well
    assert answer.missing == "HTTP 403 to the API: wrong password, or basic_auth is not enabled"


def test_airflow_without_its_database_is_unwell_though_it_says_200(serve):
    page = health("unhealthy", "unhealthy", None)
    answer = airflow.probe_webserver(serve(airflow_says(page)), ADMIN, 1)
    assert (answer.well, answer.says) == (False, "its metadata database is unhealthy")
    scheduler = airflow.probe_scheduler(serve(airflow_says(page)), ADMIN, 1)
    assert (scheduler.well, scheduler.says) == (False, "unknown: the metadata database does not answer")


@pytest.mark.parametrize(
    ("page", "well", "says"),
    [
        (health(), True, "scheduler heartbeat 3 s ago"),
        (health(beat="05:34:46"), False, "scheduler heartbeat 35 s ago"),
        (health(scheduler="unhealthy", beat="05:35:01"), False, "scheduler heartbeat 20 s ago"),
        (health(beat=None), False, "the scheduler has never run"),
    ],
)
def test_the_scheduler_is_judged_by_its_heartbeat_on_the_servers_clock(serve, page, well, says):
    answer = airflow.probe_scheduler(serve(airflow_says(page)), Login(), 1)
    assert (answer.well, answer.says) == (well, says)


# Superset 3.1.0

HEALTHY = {"GET /health": Page(200, b"OK"), "GET /static/version_info.json": as_json({"version": "3.1.0"})}
STRANGER = "GET /api/v1/database/"
LOGIN = "POST /api/v1/security/login"
NOT_AUTHORIZED = as_json({"message": "Not authorized"}, 401)


def test_superset_shows_a_stranger_that_its_database_answers(serve):
    pages = {**HEALTHY, STRANGER: as_json({"msg": "Missing Authorization Header"}, 401)}
    login = Login("admin", wanting="env:SUPERSET_PASSWORD is not set")
    answer = superset.probe(serve(Web(pages)), login, 1)
    assert (answer.well, answer.says, answer.version) == (True, "its database answers", "3.1.0")
    assert answer.missing == "no password (env:SUPERSET_PASSWORD is not set): API not asked"


def test_superset_without_its_database_is_unwell_though_its_health_page_says_ok(serve):
    pages = {**HEALTHY, STRANGER: Page(500, b"<!doctype html>")}
    answer = superset.probe(serve(Web(pages)), Login(), 1)
    assert not answer.well
    database = "its metadata database (PostgreSQL) does not answer"
    assert answer.says == f"HTTP 500 to /api/v1/database/: {database}"
    answer = superset.probe(serve(Web({**pages, LOGIN: Page(500)})), ADMIN, 1)
    assert (answer.well, answer.says) == (False, f"HTTP 500 to the login: {database}")


def test_superset_lets_the_operator_in(serve):
    answer = superset.probe(serve(Web({**HEALTHY, LOGIN: as_json({"access_token": "eyJ"})})), ADMIN, 1)
    assert (answer.well, answer.says) == (True, "admin can log in")


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (NOT_AUTHORIZED, "refuses the password of admin"),
        (as_json({"message": "Fatal error"}, 500), "HTTP 500 to the login"),
    ],
)
def test_superset_that_lets_nobody_in_is_unwell(serve, page, says):
    answer = superset.probe(serve(Web({**HEALTHY, LOGIN: page})), ADMIN, 1)
    assert (answer.well, answer.says) == (False, says)


# The page after the good one

SECOND_PAGES = {
    "trino": (trino.probe, ADMIN, {"GET /v1/info": as_json(INFO)}, "POST /v1/statement"),
    "airflow": (airflow.probe_webserver, ADMIN, {"GET /health": health()}, DAGS),
    "superset to a stranger": (superset.probe, Login(), HEALTHY, STRANGER),
    "superset to the operator": (superset.probe, ADMIN, HEALTHY, LOGIN),
}
STRANGE_PAGES = [
    Page(200, b"<!doctype html>"),
    as_json(["x"]),
    as_json({"nextUri": None, "data": [[[]]], "total_entries": "x", "access_token": None}),
    Page(200, b"\xff{"),
    Page(503, b"<!doctype html>"),
]


@pytest.mark.parametrize("page", STRANGE_PAGES)
@pytest.mark.parametrize("name", SECOND_PAGES)
def test_a_server_that_turns_strange_half_way_is_not_well(serve, name, page):
    probe, login, pages, question = SECOND_PAGES[name]
    try:
        assert not probe(serve(Web({**pages, question: page})), login, 1).well
    except NoAnswer as error:
        assert error.what


# Gitea 1.24


def gitea_says(database: str, status: int) -> Web:
    checks = {"cache:ping": [{"status": "pass"}], "database:ping": [{"status": database}]}
    pages = {"GET /api/healthz": as_json({"status": database, "checks": checks}, status)}
    return Web({**pages, "GET /api/v1/version": as_json({"version": "1.24.0"})})


def test_gitea_passes_its_own_checks(serve):
    answer = gitea.probe(serve(gitea_says("pass", 200)), Login(), 1)
    assert (answer.well, answer.says, answer.version) == (True, "passes: cache, database", "1.24.0")


def test_gitea_names_the_check_that_fails(serve):
    answer = gitea.probe(serve(gitea_says("fail", 424)), Login(), 1)
    assert (answer.well, answer.says) == (False, "fails: database")
