"""A site from its file: what it extends, what it overrides, and what its values mean."""

import pytest

from gti.site import Commands
from gti.site.find import find
from gti.site.finding import SiteError

BY_COMMANDS = """
    start = ["/opt/spark/sbin/start-master.sh"]
    stop = ["/opt/spark/sbin/stop-master.sh"]
    status = ["pgrep", "-f", "org.apache.spark.deploy.master.Master"]
    """
SPARK_BY_COMMANDS = Commands(
    start=("/opt/spark/sbin/start-master.sh",),
    stop=("/opt/spark/sbin/stop-master.sh",),
    status=("pgrep", "-f", "org.apache.spark.deploy.master.Master"),
)


@pytest.fixture
def load(desk):
    def load(text, site=None):
        desk.write(text)
        return find(site)

    return load


@pytest.fixture
def host(load):
    """The one host of a small site, with these keys."""

    def host(keys, of_site=""):
        return load(f"[sites.lab]\n{of_site}\n[sites.lab.hosts.a]\nname = 'a.lab'\n{keys}").hosts[0]

    return host


def test_a_site_that_extends_another_says_only_what_differs(load):
    site = load("""
        [sites.prod]
        extends = "gti"
        [sites.prod.hosts.kafka]
        address = "198.51.100.34"
        """)
    kafka = site.service("kafka")
    assert (kafka.host.name, kafka.host.address) == ("kafka.gti.local", "198.51.100.34")
    assert (kafka.port, kafka.host.user) == (9092, "datalake")
    assert len(site.services) == 14


def test_a_site_may_have_the_name_of_the_builtin_one_that_it_extends(load):
    site = load("""
        [sites.gti]
        extends = "gti"
        [sites.gti.hosts.kafka]
        address = "192.0.2.34"
        """)
    assert [host.address for host in site.hosts if host.alias == "kafka"] == ["192.0.2.34"]
    assert len(site.hosts) == 8


def test_a_site_may_extend_one_that_extends_another(load):
    site = load(
        """
        [sites.prod]
        extends = "gti"
        user = "operator"
        [sites.homologation]
        extends = "prod"
        [sites.homologation.services.kafka]
        port = 9093
        """,
        "homologation",
    )
    assert site.service("kafka").port == 9093
    assert site.service("kafka").host.user == "operator"


def test_what_a_site_adds_comes_after_what_it_extends(load):
    site = load("""
        [sites.prod]
        extends = "gti"
        [sites.prod.hosts.extra]
        name = "extra.prod"
        [sites.prod.hosts.kafka]
        user = "kafka"
        """)
    assert [host.alias for host in site.hosts] == [
        "db-hive", "minio", "kafka", "spark", "trino", "airflow", "superset", "gitea", "extra",
    ]  # fmt: skip


def test_the_sites_of_one_file_do_not_mix(load):
    text = """
        [sites.prod.hosts.a]
        name = "a.prod"
        [sites.lab.hosts.b]
        name = "b.lab"
        """
    assert [host.alias for host in load(text, "prod").hosts] == ["a"]
    assert [host.alias for host in load(text, "lab").hosts] == ["b"]


def test_a_circle_of_extends_is_refused(desk):
    desk.write("""
        default = "a"
        [sites.a]
        extends = "b"
        [sites.b]
        extends = "a"  # here
        """)
    (error,) = desk.errors()
    assert error.place == desk.mark
    assert error.what == "'extends' goes round in a circle at 'a'"


@pytest.mark.parametrize("base", ['"gtii"', "5", "[]", "0x" + "f" * 9000, "{ a.a.a = 1 }"])
def test_extending_what_does_not_exist_names_what_does(desk, base):
    desk.write(f"[sites.lab]\nextends = {base}  # here\n")
    (error,) = desk.errors()
    assert error.place == desk.mark
    assert error.mend == "one of: lab, gti"


def test_a_service_may_be_commands_instead_of_a_unit(load):
    site = load(f"""
        [sites.lab.hosts.spark]
        name = "spark.lab"
        [sites.lab.services.spark-master]
        component = "spark"
        host = "spark"
        {BY_COMMANDS}
        """)
    master = site.service("spark-master")
    assert master.commands == SPARK_BY_COMMANDS
    assert master.unit is None


def test_commands_replace_the_unit_of_an_extended_service(load):
    site = load(f"""
        [sites.prod]
        extends = "gti"
        [sites.prod.services.spark-master]
        {BY_COMMANDS}
        """)
    master = site.service("spark-master")
    assert (master.commands, master.unit, master.port) == (SPARK_BY_COMMANDS, None, 7077)
    assert site.service("spark-worker").unit == "spark-worker"


SCRIPTS_THEN = f"""
    [sites.scripts]
    extends = "gti"
    [sites.scripts.services.spark-master]
    {BY_COMMANDS}
    [sites.prod]
    extends = "scripts"
    """


def test_a_unit_replaces_the_commands_of_an_extended_service(load):
    site = load(SCRIPTS_THEN + '[sites.prod.services.spark-master]\nunit = "spark-master"\n', "prod")
    assert site.service("spark-master").unit == "spark-master"
    assert site.service("spark-master").commands is None


def test_one_command_of_an_extended_service_can_be_replaced(load):
    site = load(SCRIPTS_THEN + '[sites.prod.services.spark-master]\nstatus = ["true"]\n', "prod")
    assert site.service("spark-master").commands == Commands(
        SPARK_BY_COMMANDS.start, SPARK_BY_COMMANDS.stop, ("true",)
    )


def test_a_service_is_not_a_unit_and_commands_at_once(desk):
    desk.write(f"""
        [sites.lab.hosts.spark]
        name = "spark.lab"
        [sites.lab.services.spark-master]
        component = "spark"
        host = "spark"
        unit = "spark-master"  # here
        {BY_COMMANDS}
        """)
    (error,) = desk.errors()
    assert error.place == desk.mark
    assert error.mend == "keep `unit`, or start/stop/status"


def test_files_are_relative_to_the_file_that_names_them(desk, host):
    a = host("key = 'keys/lab'")
    assert a.key is not None
    assert a.key.absolute() == desk.here / "keys" / "lab"


def test_a_file_named_by_an_extended_site_is_relative_to_where_that_was_said(desk):
    folder = desk.config / "keys"
    desk.write(
        """
        [sites.base]
        key = "keys/base"
        known_hosts = "keys/known_hosts"
        [sites.base.hosts.a]
        name = "a.lab"
        [sites.lab]
        extends = "base"
        """,
        desk.config / "lab.toml",
    )
    site = find("lab")
    assert (site.hosts[0].key, site.known_hosts) == (folder / "base", folder / "known_hosts")


def test_a_tilde_is_the_operators_home(desk, host):
    assert host("key = '~/.ssh/lab'").key == desk.home / ".ssh" / "lab"


def test_a_home_that_is_nobodys_is_refused(desk):
    desk.write("""
        [sites.lab]
        known_hosts = "~nobody-of-this-name/known_hosts"  # here
        """)
    (error,) = desk.errors()
    assert error.place == desk.mark
    assert error.mend == "write the whole path"


def test_what_the_site_says_holds_for_each_host_that_says_nothing(host):
    site = "user = 'datalake'\nport = 2222\nkey = '/keys/site'"
    quiet, loud = host("", site), host("user = 'root'\nport = 22\nkey = '/keys/own'", site)
    assert (quiet.user, quiet.port, str(quiet.key)) == ("datalake", 2222, "/keys/site")
    assert (loud.user, loud.port, str(loud.key)) == ("root", 22, "/keys/own")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("5s", 5.0), ("500ms", 0.5), ("2m", 120.0), ("1.5h", 5400.0), ("1d", 86400.0)],
)
def test_a_duration_is_a_number_with_its_unit(load, said, seconds):
    assert load(f'[sites.lab]\nconnect_timeout = "{said}"').connect_timeout == pytest.approx(seconds)


@pytest.mark.parametrize("said", ["5", "'5'", "'-5s'", "'0s'", "'5 s'", "'s'", "'5y'", "inf", "nan", "''", "5.0"])
def test_what_is_no_duration_is_refused(desk, said):
    desk.write(f"[sites.lab]\nconnect_timeout = {said}  # here")
    (error,) = desk.errors()
    assert error.place == desk.mark
    assert error.mend == 'write it like "5s", "500ms" or "2m"'


def test_needs_decide_the_order_and_else_the_file_does(load):
    site = load("""
        [sites.lab.hosts]
        a = { name = "a.lab" }
        [sites.lab.services]
        trino = { component = "trino", host = "a", unit = "trino", needs = ["minio"] }
        kafka = { component = "kafka", host = "a", unit = "kafka" }
        minio = { component = "minio", host = "a", unit = "minio" }
        """)
    assert [service.name for service in site.services] == ["minio", "trino", "kafka"]


def test_a_long_chain_of_needs_is_followed_to_its_end(load):
    """Two thousand services, each needing the next."""
    services = "\n".join(
        f"s{n} = {{ component = 'kafka', host = 'a', unit = 's', needs = {[f's{n + 1}'] if n < 1999 else []} }}"
        for n in range(2000)
    )
    site = load(f"[sites.lab.hosts]\na = {{ name = 'a.lab' }}\n[sites.lab.services]\n{services}")
    assert [site.services[0].name, site.services[-1].name] == ["s1999", "s0"]


def test_a_service_whose_name_is_a_protocol_speaks_it(load):
    text = """
        [sites.lab.hosts.a]
        name = "a.lab"
        [sites.lab.services]
        kafka = { component = "kafka", host = "a", unit = "kafka" }
        broker = { component = "kafka", host = "a", unit = "kafka", protocol = "kafka" }
        exporter = { component = "kafka", host = "a", unit = "exporter" }
        """
    assert [service.protocol for service in load(text).services] == ["kafka", "kafka", None]


def test_everything_that_is_wrong_is_told_at_once(load):
    with pytest.raises(SiteError) as refused:
        load("""
            [sites.lab.hosts.a]
            name = 5
            [sites.lab.services.kafka]
            component = "kafak"
            host = "b"
            unit = "kafka"
            """)
    assert [finding.place.line for finding in refused.value.findings] == [2, 4, 5]
    assert "gti.toml:4" in "\n".join(refused.value.lines())
