"""From three layers to a verdict, and from many verdicts to the cause."""

import pytest

from gti.components.answer import Answer
from gti.errors import Unreachable
from gti.remote.ssh import CannotConnect, LoginRefused
from gti.remote.trust import ChangedHostKey
from gti.site.document import read
from gti.site.find import BUILTIN, builtin
from gti.site.load import load
from gti.status.health import HostSeen, ServiceSeen, causes, is_away, verdicts
from gti.status.unit import Unit

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
