"""From three layers to a verdict, and from many verdicts to the cause."""

import pytest

from gti.components.answer import Answer
from gti.errors import Unreachable
from gti.remote.ssh import CannotConnect, LoginRefused
from gti.remote.trust import ChangedHostKey
from gti.site.document import read
from gti.site.find import BUILTIN, builtin
from gti.site.load import load
from gti.status.causes import causes
from gti.status.health import HostSeen, ServiceSeen, Verdict, is_away, verdicts
from gti.status.unit import Unit
from gti.status.worry import Worry

SITE = load(read(BUILTIN), "gti", builtin())
WELL = Answer(well=True, says="fine")
ACTIVE = Unit("active")
STOPPED = Unit("inactive")
UNSEEN = Unit("unknown", why="no systemctl there")


def platform(**differences: dict[str, object]) -> list[ServiceSeen]:
    """All is well, but for what a service's name (with _ for -) is given."""
    seen = []
    for service in SITE.services:
        layers: dict[str, object] = {"host": HostSeen(service.host), "unit": ACTIVE, "answer": WELL}
        layers |= differences.get(service.name.replace("-", "_"), {})
        seen.append(ServiceSeen(service, **layers))  # type: ignore[arg-type]
    return seen


def health(seen: list[ServiceSeen]) -> dict[str, str]:
    return {verdict.service.name: verdict.health for verdict in verdicts(seen)}


def first_cause(seen: list[ServiceSeen]) -> str:
    return causes(SITE, verdicts(seen))[0].verdict.service.name


def down(reason: str = "connection refused") -> dict[str, object]:
    return {"unit": STOPPED, "answer": None, "silence": reason}


def dead_host(alias: str) -> dict[str, object]:
    host = next(host for host in SITE.hosts if host.alias == alias)
    error = CannotConnect(f"cannot reach {alias} over SSH: no answer in time")
    return {"host": HostSeen(host, error, away=True), "unit": UNSEEN, "answer": None, "silence": "no answer"}


def test_a_platform_where_all_is_well_has_no_cause():
    judged = verdicts(platform())
    assert {verdict.health for verdict in judged} == {"ok"}
    assert causes(SITE, judged) == []


def test_the_eye_lands_on_mariadb_when_trino_and_the_metastore_suffer_from_it():
    seen = platform(
        mariadb=down(),
        hive_metastore={"answer": Answer(well=False, says="accepts connections but no answer")},
        trino={"answer": Answer(well=False, says="query failed")},
    )
    chains = {verdict.service.name: verdict.chain for verdict in verdicts(seen)}
    assert first_cause(seen) == "mariadb"
    assert chains["trino"] == ("trino", "hive-metastore", "mariadb")


def test_a_service_that_answers_is_degraded_while_what_it_needs_is_down():
    found = health(platform(hive_metastore=down()))
    assert found["hive-metastore"] == "unhealthy"
    assert found["trino"] == found["spark-master"] == found["spark-worker"] == "degraded"
    assert found["kafka"] == found["superset"] == "ok"


def test_the_cause_that_hurts_most_comes_first():
    assert first_cause(platform(gitea=down(), minio=down())) == "minio"


def test_a_cause_names_what_it_hurts():
    (cause,) = causes(SITE, verdicts(platform(superset_postgresql=down())))
    assert cause.hurts == ("superset",)


def test_two_independent_causes_are_both_told():
    found = causes(SITE, verdicts(platform(kafka=down(), gitea=down())))
    assert {cause.verdict.service.name for cause in found} == {"kafka", "gitea"}


def test_a_dead_host_makes_its_services_unreachable_and_is_the_cause():
    seen = platform(mariadb=dead_host("db-hive"), hive_metastore=dead_host("db-hive"))
    assert health(seen)["mariadb"] == "unreachable"
    assert first_cause(seen) == "mariadb"
    assert "no answer in time" in (verdicts(seen)[0].what or "")


def test_a_service_that_answers_on_a_host_whose_ssh_is_gone_is_degraded():
    assert health(platform(kafka=dead_host("kafka") | {"answer": WELL}))["kafka"] == "degraded"


def test_an_active_unit_does_not_excuse_a_service_that_answers_nothing():
    """postgresql.service is active (exited) on Debian whatever becomes of the server."""
    seen = platform(gitea_postgresql={"answer": None, "silence": "connection refused on port 5432"})
    assert health(seen)["gitea-postgresql"] == "unhealthy"
    assert first_cause(seen) == "gitea-postgresql"


def test_a_service_that_answers_without_its_unit_was_started_past_systemd():
    assert health(platform(kafka={"unit": STOPPED}))["kafka"] == "degraded"


def test_without_a_login_on_the_host_the_answer_alone_decides():
    host = HostSeen(SITE.hosts[2], LoginRefused("kafka does not let datalake in"))
    assert health(platform(kafka={"host": host, "unit": UNSEEN}))["kafka"] == "ok"


def test_what_could_not_be_asked_is_unknown_and_blamed_on_nobody():
    host = HostSeen(SITE.hosts[0], LoginRefused("db-hive does not let datalake in"))
    seen = platform(mariadb={"host": host, "unit": UNSEEN, "answer": None, "unasked": "no login"})
    assert health(seen)["mariadb"] == "unknown"
    assert health(seen)["hive-metastore"] == "ok"


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (CannotConnect("no route"), True),
        (ChangedHostKey("changed"), True),
        (LoginRefused("no key"), False),
        (Unreachable("other"), False),
    ],
)
def test_a_key_that_we_lack_is_our_affair_and_not_the_hosts(error, away):
    assert is_away(error) is away


def test_a_service_that_serves_but_has_a_worry_is_degraded_and_hurts_nobody():
    worried = Answer(well=True, says="fine", worries=("partition eventos-2 has no leader",))
    seen = platform(kafka={"answer": worried})
    assert health(seen)["kafka"] == "degraded"
    (cause,) = causes(SITE, verdicts(seen))
    assert cause.verdict.what == "partition eventos-2 has no leader"


FULL = Worry("/opt/kafka/logs on kafka is full (100 %)", "trouble", "/opt/kafka/logs", ("kafka",))


def on(alias: str, *worries: Worry) -> dict[str, object]:
    """A host that has worries."""
    return {"host": HostSeen(next(host for host in SITE.hosts if host.alias == alias), worries=worries)}


def all_on(alias: str, **layers: object) -> dict[str, dict[str, object]]:
    return {one.name.replace("-", "_"): dict(layers) for one in SITE.services if one.host.alias == alias}


def verdict(seen: list[ServiceSeen], name: str) -> Verdict:
    return next(one for one in verdicts(seen) if one.service.name == name)


def told(seen: list[ServiceSeen]) -> list[tuple[str, str | None]]:
    return [(cause.verdict.service.name, cause.verdict.what) for cause in causes(SITE, verdicts(seen))]


def test_a_service_whose_disk_is_full_is_degraded_though_it_answers():
    seen = platform(kafka=on("kafka", FULL))
    assert health(seen)["kafka"] == "degraded"
    assert told(seen) == [("kafka", FULL.what)]
    assert verdict(seen, "kafka").worries == (FULL.what,)


def test_a_service_that_ended_on_a_full_disk_tells_both():
    failed = Unit("failed", why="exit 1")
    seen = platform(kafka=on("kafka", FULL) | {"unit": failed, "answer": None, "silence": "connection refused"})
    assert told(seen) == [("kafka", f"unit is failed (exit 1); {FULL.what}")]


def test_the_trouble_of_one_service_is_not_its_neighbours():
    full = Worry("/var/lib/mysql on db-hive is full (100 %)", "trouble", "/var/lib/mysql", ("mariadb",))
    seen = platform(mariadb=on("db-hive", full), hive_metastore=on("db-hive", full))
    assert health(seen)["mariadb"] == "degraded"
    assert health(seen)["hive-metastore"] == "ok"


def test_a_trouble_of_the_whole_host_is_one_cause():
    clock = Worry("the clock of spark is 10 min 3 s ahead", "trouble", "clock")
    seen = platform(spark_master=on("spark", clock), spark_worker=on("spark", clock))
    (cause,) = causes(SITE, verdicts(seen))
    assert (cause.verdict.service.name, cause.verdict.what) == ("spark-master", clock.what)
    assert cause.hurts == ("spark-worker",)


def test_a_mild_worry_is_told_and_leaves_the_service_well():
    filling = Worry("/ on kafka has 91 % of its room used", "worry", "/")
    seen = platform(kafka=on("kafka", filling))
    assert health(seen)["kafka"] == "ok"
    assert verdict(seen, "kafka").worries == (filling.what,)
    assert told(seen) == []


def test_all_worries_are_listed_the_troubles_of_the_host_first():
    mild = Worry("/ on kafka has 91 % of its room used", "worry", "/")
    answer = Answer(well=True, says="fine", worries=("eventos-2 has no leader",))
    seen = platform(kafka=on("kafka", FULL, mild) | {"answer": answer, "unit": Unit("active", killed=2)})
    killed = "out of memory: the kernel has killed 2 processes of its unit"
    assert verdict(seen, "kafka").worries == (FULL.what, "eventos-2 has no leader", killed, mild.what)
    assert verdict(seen, "kafka").what == FULL.what


def test_a_host_that_is_cut_off_is_one_cause_and_those_elsewhere_are_hurt():
    seen = platform(
        mariadb=dead_host("db-hive"),
        hive_metastore=dead_host("db-hive"),
        trino={"answer": Answer(well=False, says="query failed")},
    )
    (cause,) = causes(SITE, verdicts(seen))
    assert cause.verdict.service.name == "mariadb"
    assert cause.hurts == ("hive-metastore", "spark-master", "spark-worker", "trino")


def test_a_host_that_is_away_is_told_of_by_the_service_that_it_is_there_for():
    seen = platform(gitea_postgresql=dead_host("gitea"), gitea=dead_host("gitea") | {"answer": WELL})
    (cause,) = causes(SITE, verdicts(seen))
    assert cause.verdict.service.name == "gitea"
    assert cause.hurts == ("gitea-postgresql",)


def test_two_hosts_that_are_cut_off_are_two_causes_the_deeper_one_first():
    seen = platform(trino=dead_host("trino"), mariadb=dead_host("db-hive"), hive_metastore=dead_host("db-hive"))
    assert [name for name, _ in told(seen)] == ["mariadb", "trino"]


def test_a_worry_inside_a_dependency_hurts_nobody_but_an_answer_that_is_not_well_does():
    worried = Answer(well=True, says="fine", worries=("1 of 4 drives is offline",))
    assert health(platform(minio={"answer": worried}))["trino"] == "ok"
    assert causes(SITE, verdicts(platform(minio={"answer": worried})))[0].hurts == ()
    missing = Answer(well=False, says="the bucket datalake is missing")
    seen = platform(minio={"answer": missing})
    assert health(seen)["trino"] == "degraded"
    assert told(seen) == [("minio", missing.says)]


@pytest.mark.parametrize("state", ["inactive", "masked", "not-found"])
def test_a_service_that_somebody_stopped_is_a_cause_beside_what_it_needs(state):
    seen = platform(hive_metastore=down(), trino={"unit": Unit(state), "answer": None, "silence": "refused"})
    assert told(seen) == [("hive-metastore", "unit is inactive"), ("trino", f"unit is {state}")]


@pytest.mark.parametrize(
    "unit", [Unit("failed", why="exit 1"), Unit("activating", restarts=4, looping=True), ACTIVE]
)
def test_a_service_that_fails_while_what_it_needs_is_down_may_be_a_symptom(unit):
    seen = platform(mariadb=down(), hive_metastore={"unit": unit, "answer": None, "silence": "refused"})
    assert [name for name, _ in told(seen)] == ["mariadb"]
    assert health(seen)["hive-metastore"] == "unhealthy"


def test_a_full_disk_is_a_cause_of_its_own_beside_what_the_service_needs():
    full = Worry("/opt/trino/data on trino is full (100 %)", "trouble", "/opt/trino/data", ("trino",))
    seen = platform(minio=down(), trino=on("trino", full) | {"answer": None, "silence": "refused"})
    assert told(seen) == [("minio", "unit is inactive"), ("trino", f"refused; {full.what}")]


def test_a_closed_port_is_the_fault_of_the_service_behind_it_when_that_is_down():
    closed = Worry("trino cannot reach db-hive:9083", "trouble", "x", ("trino",), unless="hive-metastore")
    assert told(platform(trino=on("trino", closed))) == [("trino", closed.what)]
    silent = {"answer": None, "silence": "no answer on port 9083"}
    seen = platform(trino=on("trino", closed), hive_metastore=silent)
    assert told(seen) == [("hive-metastore", "no answer on port 9083")]
    assert verdict(seen, "trino").worries == ()


def test_a_crash_loop_is_seen_while_the_service_happens_to_answer():
    looping = Unit("active", restarts=7, looping=True)
    assert told(platform(kafka={"unit": looping})) == [
        ("kafka", "it answers, but its unit is crash-looping (7 restarts)")
    ]


def test_a_unit_that_runs_but_is_masked_is_well_and_worried():
    seen = platform(kafka={"unit": Unit("active", boot="masked")})
    assert health(seen)["kafka"] == "ok"
    assert "masked" in verdict(seen, "kafka").worries[0]


def test_the_scheduler_is_named_when_the_webserver_tells_that_it_is_not_well():
    stale = Answer(well=False, says="scheduler heartbeat 95 s ago")
    assert told(platform(airflow_scheduler={"answer": stale})) == [("airflow-scheduler", stale.says)]


def test_a_scheduler_that_has_just_been_stopped_is_down_though_its_heartbeat_is_fresh():
    assert told(platform(airflow_scheduler={"unit": STOPPED})) == [("airflow-scheduler", "unit is inactive")]


def test_what_a_service_can_do_without_does_not_hurt_it():
    found = health(platform(trino=down()))
    assert found["superset"] == found["airflow-webserver"] == found["airflow-scheduler"] == "ok"
    (cause,) = causes(SITE, verdicts(platform(trino=down())))
    assert cause.hurts == ()
