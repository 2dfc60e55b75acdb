"""`gti status`, as typed: through a real sshd, a systemctl of the test's own, and servers on loopback."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.sshd import Sshd, keygen, site_text

SYSTEMCTL = """\
#!/bin/sh
for unit; do
  case $unit in
  *.service)
    echo LoadState=loaded
    echo ActiveState=$(cat {folder}/$unit 2>/dev/null || echo active)
    echo Result=exit-code
    echo NRestarts=0
    echo ExecMainStatus=1
    echo 'ActiveEnterTimestamp=Sat 2026-02-21 05:10:20 UTC'
    echo 'StateChangeTimestamp=Sat 2026-02-21 05:10:20 UTC'
    echo
  esac
done
"""


class Gitea(BaseHTTPRequestHandler):
    """As a real one was heard to answer."""

    def do_GET(self):
        body = {
            "/api/healthz": b'{"status":"pass","checks":{"database:ping":[{"status":"pass"}]}}',
            "/api/v1/version": b'{"version":"1.24.2"}',
        }.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def gitea():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Gitea)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def units(tmp_path):
    """Sets what systemctl says of a unit."""
    folder = tmp_path / "units"
    folder.mkdir()
    script = folder / "systemctl"
    script.write_text(SYSTEMCTL.format(folder=folder))
    script.chmod(0o755)
    return lambda unit, state: (folder / f"{unit}.service").write_text(state)


@pytest.fixture
def platform(tmp_path, units, gitea, site_file):
    """One host with a database, which only its unit tells of, and Gitea, which needs it; and a dead host."""
    path = f"{tmp_path}/units:/usr/local/bin:/usr/bin:/bin"
    with Sshd(tmp_path / "platform", environment={"PATH": path}) as sshd:
        known = tmp_path / "known_platform"
        known.write_text(sshd.known_hosts_line("127.0.0.1"))
        hosts = {"box": f'name = "127.0.0.1", port = {sshd.port}', "gone": 'name = "127.0.0.3", port = 1'}
        services = [
            'database = { component = "gitea", host = "box", unit = "database" }',
            f'gitea = {{ component = "gitea", host = "box", unit = "gitea", port = {gitea}, needs = ["database"], '
            'version = "1.24.2" }',
            'kafka = { component = "kafka", host = "gone", unit = "kafka", port = 9092 }',
        ]
        site_file.write_text(site_text(known, sshd.client_key, hosts, services))
        yield sshd


def service(status, name):
    return next(one for one in status["services"] if one["service"] == name)


def test_all_is_well(gti, platform):
    ran = gti("status", "gitea", "-o", "json")
    status = ran.json()
    assert ran.code == 0
    assert (status["health"], status["first_cause"], status["causes"]) == ("ok", None, [])
    assert service(status, "gitea") | {"unit_since": 0} == service(status, "gitea") | {
        "health": "ok", "ssh": "ok", "unit": "active", "answers": True, "version": "1.24.2", "version_ok": True,
        "unit_since": 0,
    }  # fmt: skip


def test_the_table_blames_the_cause_and_not_the_symptom(gti, platform, units):
    units("database", "failed")
    ran = gti("status", "gitea")
    assert ran.code == 3
    assert "degraded ← database" in ran.out
    assert "cause    database on box: unit is failed (exit 1) since 2026-02-21 05:10:20 UTC" in ran.out
    assert "hurts gitea" in ran.out


def test_a_dead_host_is_unreachable_and_costs_less_than_five_seconds(gti, platform):
    began = time.monotonic()
    ran = gti("status", "-o", "json")
    assert time.monotonic() - began < 5
    assert ran.code == 4
    assert ran.json()["first_cause"] == "kafka"
    assert service(ran.json(), "gitea")["health"] == "ok"


def test_hosts_that_accept_and_never_answer_cost_less_than_five_seconds(gti, site_file, sshd, tmp_path):
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        port = silent.getsockname()[1]
        hosts = {
            f"h{number}": f'name = "127.0.0.{number}", address = "127.0.0.1", port = {port}'
            for number in range(9, 17)
        }
        protocols = [
            "mariadb",
            "hive-metastore",
            "minio",
            "kafka",
            "trino",
            "airflow-webserver",
            "superset",
            "postgresql",
        ]
        services = [
            f'{protocol} = {{ component = "trino", host = "h{number}", unit = "x", protocol = "{protocol}", '
            f'port = {port}, via = "{"ssh" if number % 2 else "direct"}" }}'
            for number, protocol in enumerate(protocols, start=9)
        ]
        site_file.write_text(site_text(tmp_path / "none", sshd.client_key, hosts, services))
        began = time.monotonic()
        ran = gti("status", "-o", "json")
        assert time.monotonic() - began < 5
    assert ran.code == 4
    assert {one["health"] for one in ran.json()["services"]} == {"unreachable"}


def test_without_a_login_the_answers_alone_are_told_and_that_it_is_so(gti, platform, site_file, tmp_path):
    site_file.write_text(site_file.read_text().replace(str(platform.client_key), str(tmp_path / "no-key")))
    ran = gti("status", "gitea", "-o", "json")
    assert service(ran.json(), "gitea")["health"] == "ok"
    assert service(ran.json(), "gitea")["ssh"] == "no login"
    assert service(ran.json(), "database")["health"] == "unknown"
    assert ran.code == 4
    assert "units not seen on box" in gti("status", "gitea").err


def test_a_host_that_shows_another_key_is_not_talked_to(gti, platform, tmp_path):
    other = keygen(tmp_path / "other").with_suffix(".pub").read_text().split()
    (tmp_path / "known_platform").write_text(f"[127.0.0.1]:{platform.port} {other[0]} {other[1]}\n")
    ran = gti("status", "gitea", "-o", "json")
    assert ran.code == 4
    assert service(ran.json(), "gitea")["ssh"] == "other key"
    assert service(ran.json(), "database")["what"] == "the host key of box has changed"


def test_what_a_component_needs_is_looked_at_with_it(gti, platform, units):
    units("database", "inactive")
    assert [one["service"] for one in gti("status", "gitea", "-o", "json").json()["services"]] == [
        "database",
        "gitea",
    ]


def test_a_service_that_is_three_commands_runs_when_its_status_command_says_so(gti, platform, site_file):
    commands = 'start = ["true"], stop = ["true"], status = ["{}"]'
    for status, code in (("true", 0), ("false", 3)):
        text = site_file.read_text()
        site_file.write_text(text.replace('unit = "database"', commands.format(status)))
        assert gti("status", "database").code == code
        site_file.write_text(text)


def test_csv_has_a_line_for_every_service(gti, platform):
    assert len(gti("status", "-o", "csv").out.splitlines()) == 4


def test_an_unknown_component_is_answered_with_a_suggestion(gti, platform):
    ran = gti("status", "gitae")
    assert ran.code == 2
    assert "did you mean 'gitea'?" in ran.err


def test_an_empty_name_is_no_component(gti, platform):
    assert gti("status", "").code == 2


@pytest.fixture
def tool(tmp_path, units):
    """Puts a program of the test's own in the place of one of the host's."""

    def put(name, script):
        (tmp_path / "units" / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "units" / name).chmod(0o755)

    return put


def test_a_full_disk_is_told_beside_the_end_of_the_unit_and_below_the_table(gti, platform, units, tool):
    units("database", "failed")
    tool("df", 'echo "/dev/sda 1000 1000 0 100% /"')
    ran = gti("status", "gitea", "-o", "json")
    database = service(ran.json(), "database")
    assert ran.json()["first_cause"] == "database"
    assert database["what"].endswith("; / on box is full (100 %)")
    assert database["worries"] == ["/ on box is full (100 %)", "/ on box is out of inodes (100 %)"]
    assert service(ran.json(), "gitea")["health"] == "degraded"
    out = gti("status", "gitea").out
    assert "also  / on box is out of inodes (100 %)" in out
    assert "hurts gitea" in out


def test_a_mild_worry_is_told_below_the_table_and_all_is_well(gti, platform, tool):
    tool("df", 'echo "/dev/sda 1000 930 70 93% /"')
    ran = gti("status", "gitea")
    assert ran.code == 0
    assert "worry    database, gitea: / on box has 93 % of its room used" in ran.out


def test_a_host_whose_clock_is_wrong_is_one_cause(gti, platform, tool):
    tool("date", 'exec /bin/date -d "603 seconds" "$@"')
    ran = gti("status", "gitea", "-o", "json")
    (cause,) = ran.json()["causes"]
    assert cause["what"].startswith("the clock of box is 10 min")
    assert cause["what"].endswith("ahead")
    assert cause["hurts"] == ["gitea"]


def test_a_disk_that_hangs_does_not_hang_status(gti, platform, tool):
    tool("df", "exec sleep 60")
    began = time.monotonic()
    ran = gti("status", "gitea", "-o", "json")
    assert time.monotonic() - began < 5
    assert service(ran.json(), "gitea")["health"] == "ok"


def test_watching_goes_on_until_it_is_interrupted(gti, platform):
    import signal
    import subprocess

    line = [*gti.command, "status", "gitea", "--watch", "100ms", "-o", "json"]
    watching = subprocess.Popen(
        line, env=gti.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    looks = [watching.stdout.readline() for _ in range(3)]
    watching.send_signal(signal.SIGINT)
    watching.communicate(timeout=20)
    assert watching.returncode == 130
    assert all('"health": "ok"' in look for look in looks)
