"""`gti site check`: what is wrong, on which line, and how to mend it."""

import base64
import os

import pytest

from gti.site.finding import Place

HOST_A = """
    [sites.lab.hosts.a]
    name = "a.lab"
    """
KAFKA = """
    component = "kafka"
    host = "a"
    unit = "kafka"
    """


@pytest.fixture
def told(desk):
    """The one error of a file: it stands on the line marked "# here", and says how it is mended."""

    def told(text):
        desk.write(text)
        (error,) = desk.errors()
        assert error.place == desk.mark
        assert error.mend
        return error

    return told


# Unknown keys


@pytest.mark.parametrize(
    ("said", "meant", "text"),
    [
        ("defualt", "default", "defualt = 'lab'  # here\n[sites.lab]"),
        ("usr", "user", "[sites.lab]\nusr = 'root'  # here"),
        ("host", "hosts", "[sites.lab]\n[sites.lab.host.a]  # here\nname = 'a.lab'"),
        ("adress", "address", f"{HOST_A}\nadress = '192.0.2.1'  # here"),
        ("need", "needs", f"{HOST_A}\n[sites.lab.services.kafka]\n{KAFKA}\nneed = []  # here"),
    ],
)
def test_an_unknown_key_is_told_with_the_one_that_was_meant(told, said, meant, text):
    assert told(text).what == f"unknown key '{said}': did you mean '{meant}'?"


def test_a_key_like_no_other_is_told_with_all_that_there_are(told):
    error = told(f"{HOST_A}\nrack = 5  # here")
    assert error.what == "unknown key 'rack'"
    assert error.mend == "remove it, or use one of: name, address, port, user, key, container, fingerprint"


def test_an_unknown_key_of_an_extended_site_is_told_where_it_stands(told):
    told("""
        default = "lab"
        [sites.base.hosts.a]
        name = "a.lab"
        colour = "red"  # here
        [sites.lab]
        extends = "base"
        """)


# Wrong types


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("name = 5", "'name' takes text, not a number"),
        ("name = 1979-05-27", "'name' takes text, not a date or time"),
        ("name = 'no such name'", "'name' does not take 'no such name'"),
        ("name = '-oProxyCommand=x'", "'name' does not take '-oProxyCommand=x'"),
        ("address = '192.0.2.256'", "'address' takes an IP address, not '192.0.2.256'"),
        ("address = ['192.0.2.1']", "'address' takes text, not a list"),
        ("port = '22'", "'port' takes a port, not '22'"),
        ("port = 0", "'port' takes a port, not 0"),
        ("port = 65536", "'port' takes a port, not 65536"),
        ("port = true", "'port' takes a port, not true or false"),
        ("port = 22.0", "'port' takes a port, not a number"),
        ("port = 0x" + "f" * 9000, "'port' takes a port, not a number"),
        ("container = -1", "'container' takes a container's number, not -1"),
        ("user = 'data lake'", "'user' does not take 'data lake'"),
        ("user = '\u212a8s'", "'user' does not take '\u212a8s'"),
        ("key = ''", "'key' takes one line of text"),
        ('key = "a\\u0000b"', "'key' has control characters in it"),
        ("fingerprint = 'SHA256:short'", "'fingerprint' does not take 'SHA256:short'"),
    ],
)
def test_a_host_key_of_the_wrong_type_is_told(told, key, what):
    name = "" if key.startswith("name") else "name = 'a.lab'\n"
    assert told(f"[sites.lab.hosts.a]\n{name}{key}  # here\n").what == what


@pytest.mark.parametrize(
    ("key", "what"),
    [
        ("tls = 'yes'", "'tls' takes true or false, not text"),
        ("via = 'tunnel'", "'via' does not take 'tunnel'"),
        ("protocol = 'http'", "'protocol' does not take 'http'"),
        ("version = 478", "'version' takes text, not a number"),
        ("needs = 'minio'", "'needs' takes a list, not text"),
        ("needs = [['minio']]", "'needs' takes text, not a list"),
        ("web_port = nan", "'web_port' takes a port, not a number"),
    ],
)
def test_a_service_key_of_the_wrong_type_is_told(told, key, what):
    assert told(f"{HOST_A}\n[sites.lab.services.kafka]\n{KAFKA}\n{key}  # here\n").what == what


def test_a_component_that_gti_does_not_know_is_told_with_those_it_does(told):
    error = told(f"""{HOST_A}
        [sites.lab.services.kafka]
        component = "pulsar"  # here
        host = "a"
        unit = "kafka"
        """)
    assert error.mend == "one of: metastore, minio, kafka, spark, trino, airflow, superset, gitea"


def test_a_command_is_a_list_of_arguments(told):
    error = told(f"""{HOST_A}
        [sites.lab.services.spark-master]
        component = "spark"
        host = "a"
        start = "/opt/spark/sbin/start-master.sh"  # here
        stop = ["/opt/spark/sbin/stop-master.sh"]
        status = ["pgrep", "-f", "Master"]
        """)
    assert error.what == "'start' takes a list of arguments, not one text"


@pytest.mark.parametrize("keys", ["start = []", "start = ['']"])
def test_an_empty_command_is_told(told, keys):
    others = "component = 'spark'\nhost = 'a'\nstop = ['x']\nstatus = ['x']"
    told(f"{HOST_A}\n[sites.lab.services.x]\n{others}\n{keys}  # here")


def test_a_table_that_is_none_is_told_where_it_stands_and_not_where_it_is_right(told):
    error = told("""
        default = "lab"
        [sites.base]
        hosts = "a"  # here
        [sites.lab]
        extends = "base"
        [sites.lab.hosts.a]
        name = "a.lab"
        """)
    assert error.what == "'hosts' is a table, not text"
    assert error.mend == "write [sites.base.hosts.NAME]"


def test_a_site_that_is_no_table_is_told(told):
    assert told("sites.lab = 5  # here").what == "'lab' is a table, not a number"


def test_a_list_of_tables_is_no_table(told):
    assert told("[[sites.lab.hosts]]  # here\nname = 'a.lab'").what == "'hosts' is a table, not a list"


def test_a_password_in_the_file_is_told_without_repeating_it(told):
    error = told(f"{HOST_A}\n[sites.lab.services.kafka]\n{KAFKA}\npassword = 'hunter2'  # here")
    assert "hunter2" not in error.what + error.mend
    assert error.mend == "refer to it: env:NAME, file:PATH, cmd:… or keyring:…"


def test_a_name_that_is_none_is_told(told):
    assert told('[sites.lab.hosts."a b"]  # here\nname = "a.lab"').what == "a name in 'hosts' does not take 'a b'"


# What is missing


def test_a_host_without_a_name_is_told(told):
    assert told("[sites.lab.hosts.a]  # here\naddress = '192.0.2.1'").mend == "add: name = …"


def test_a_unit_without_a_host_is_told(told):
    error = told(f"{HOST_A}\n[sites.lab.services.kafka]  # here\ncomponent = 'kafka'\nunit = 'kafka'")
    assert error.what == "'services.kafka' has no 'host'"
    assert error.mend == "add: host = …"


def test_a_unit_on_an_unknown_host_is_told_with_the_one_that_was_meant(told):
    error = told("""
        [sites.lab.hosts.kafka]
        name = "kafka.lab"
        [sites.lab.services.kafka]
        component = "kafka"
        host = "kafak"  # here
        unit = "kafka"
        """)
    assert error.what == "unknown host 'kafak': did you mean 'kafka'?"


def test_a_service_with_nothing_to_start_it_is_told(told):
    error = told(f"{HOST_A}\n[sites.lab.services.kafka]  # here\ncomponent = 'kafka'\nhost = 'a'")
    assert error.what == "'kafka' has neither a unit nor commands"
    assert error.mend == 'add: unit = "kafka"'


def test_a_start_without_a_stop_is_told(told):
    error = told(f"{HOST_A}\n[sites.lab.services.x]  # here\ncomponent = 'spark'\nhost = 'a'\nstart = ['x']")
    assert error.what == "'x' lacks stop and status"


@pytest.mark.parametrize("key", ["needs", "wants"])
def test_what_is_needed_and_does_not_exist_is_told_with_what_was_meant(told, key):
    error = told(f"""{HOST_A}
        [sites.lab.services.trino]
        component = "trino"
        host = "a"
        unit = "trino"
        {key} = ["kafak"]  # here
        [sites.lab.services.kafka]
        {KAFKA}
        """)
    assert error.what == f"'trino' {key} an unknown service 'kafak': did you mean 'kafka'?"


# What is there twice


def test_two_hosts_of_one_name_are_told(told):
    error = told("""
        [sites.lab.hosts.a]
        name = "a.lab"
        [sites.lab.hosts.b]
        name = "A.lab"  # here
        """)
    assert error.what == "'b' and 'a' have the same name A.lab"


def test_two_hosts_of_one_address_are_told(told):
    """However the address is written."""
    error = told("""
        [sites.lab.hosts]
        a = { name = "a.lab", address = "2001:db8::1" }
        b = { name = "b.lab", address = "2001:db8:0::1" }  # here
        """)
    assert error.what == "'b' and 'a' have the same address 2001:db8::1"


def test_one_address_may_be_two_hosts_on_two_ports(desk):
    desk.write("""
        [sites.lab.hosts]
        a = { name = "a.lab", address = "127.0.0.1", port = 2201 }
        b = { name = "b.lab", address = "127.0.0.1", port = 2202 }
        """)
    assert desk.errors() == []


def test_a_host_defined_twice_is_no_toml(told):
    assert "is not valid TOML" in told(f"{HOST_A}\n[sites.lab.hosts.a]  # here\n").what


def test_a_port_claimed_twice_on_a_host_is_told(told):
    error = told(f"""{HOST_A}
        [sites.lab.services.kafka]
        {KAFKA}
        port = 8080
        [sites.lab.services.trino]
        component = "trino"
        host = "a"
        unit = "trino"
        port = 8443
        web_port = 8080  # here
        """)
    assert error.what == "port 8080 of 'a' is claimed by 'kafka' and 'trino'"
    assert error.mend == "correct one of the two"


def test_one_port_on_two_hosts_is_no_fault(desk):
    desk.write("""
        [sites.lab.hosts]
        a = { name = "a.lab" }
        b = { name = "b.lab" }
        [sites.lab.services]
        spark-master = { component = "spark", host = "a", unit = "spark-master", web_port = 8080 }
        trino = { component = "trino", host = "b", unit = "trino", port = 8080 }
        """)
    assert desk.errors() == []


# Dependencies


def test_a_dependency_cycle_is_told_all_the_way_round(told):
    error = told("""
        [sites.lab.hosts]
        a = { name = "a.lab" }
        [sites.lab.services]
        trino = { component = "trino", host = "a", unit = "t", needs = ["hive-metastore"] }  # here
        mariadb = { component = "metastore", host = "a", unit = "m", needs = ["trino"] }
        hive-metastore = { component = "metastore", host = "a", unit = "h", needs = ["mariadb"] }
        """)
    assert error.what == "a dependency cycle: trino → hive-metastore → mariadb → trino"
    assert error.mend == "remove one of these `needs`"


def test_a_service_that_needs_itself_is_a_cycle(told):
    text = f"{HOST_A}\n[sites.lab.services.kafka]\n{KAFKA}\nneeds = ['kafka']  # here"
    assert told(text).what == "a dependency cycle: kafka → kafka"


def test_wanting_each_other_is_no_cycle(desk):
    desk.write(f"{HOST_A}\n[sites.lab.services.kafka]\n{KAFKA}\nwants = ['kafka']")
    assert desk.errors() == []


# Keys and known_hosts


@pytest.fixture
def key(desk):
    key = desk.home / "id_ed25519"
    key.touch(mode=0o600)
    return key


def test_a_key_that_only_its_owner_reads_is_no_fault(desk, key):
    desk.write(f"{HOST_A}\nkey = '{key}'")
    assert desk.errors() == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_that_others_can_read_is_told(told, key, mode):
    key.chmod(mode)
    error = told(f"{HOST_A}\nkey = '{key}'  # here")
    assert error.what == f"others can read the key {key}"
    assert error.mend == f"chmod 600 {key}"


def test_a_key_of_the_whole_site_is_told_once_where_the_site_names_it(told, key):
    key.chmod(0o644)
    told(f"""
        [sites.lab]
        key = "{key}"  # here
        [sites.lab.hosts]
        a = {{ name = "a.lab" }}
        b = {{ name = "b.lab" }}
        """)


def test_a_key_that_does_not_exist_is_told(told):
    assert "does not exist" in told(f"{HOST_A}\nkey = 'id_ed25519'  # here").what


def test_a_key_that_cannot_even_be_looked_at_is_told(told):
    error = told(f"{HOST_A}\nkey = '{'k' * 300}'  # here")
    assert error.what.endswith("cannot be looked at (File name too long)")


def test_a_key_in_a_folder_of_others_is_told(told, key):
    """As /root/.ssh for everybody but root."""
    if os.geteuid() == 0:
        pytest.skip("root may look everywhere")
    key.parent.chmod(0)
    try:
        assert "Permission denied" in told(f"{HOST_A}\nkey = '{key}'  # here").what
    finally:
        key.parent.chmod(0o700)


def blob(kind=b"ssh-ed25519"):
    return base64.b64encode(len(kind).to_bytes(4, "big") + kind + b"\0\0\0\x20" + b"k" * 32).decode()


def test_a_host_that_known_hosts_lacks_is_a_warning(desk):
    desk.write("[sites.lab.hosts.a]  # here\nname = 'a.lab'")
    (warning,) = desk.warnings()
    assert warning.place == desk.mark
    assert warning.what == f"'a' is not in {desk.home}/.ssh/known_hosts"
    assert warning.mend == "gti site trust a"


@pytest.mark.parametrize("name", ["a.lab", "192.0.2.1", "*.lab"])
def test_a_host_is_known_by_its_name_or_its_address(desk, name):
    desk.write(f"{name} ssh-ed25519 {blob()}\n", "known")
    desk.write(f"{HOST_A}\naddress = '192.0.2.1'\n[sites.lab]\nknown_hosts = 'known'")
    assert desk.findings() == []


def test_a_host_on_a_port_of_its_own_is_known_by_name_and_port(desk):
    desk.write(f"a.lab ssh-ed25519 {blob()}\n[b.lab]:2222 ssh-ed25519 {blob()}\n", "known")
    desk.write("""
        [sites.lab]
        known_hosts = "known"
        [sites.lab.hosts]
        a = { name = "a.lab", port = 2222 }
        b = { name = "b.lab", port = 2222 }
        """)
    assert [warning.mend for warning in desk.warnings()] == ["gti site trust a"]


def test_a_host_whose_only_key_is_revoked_is_not_known(desk):
    desk.write(f"@revoked a.lab ssh-ed25519 {blob()}\n", "known")
    desk.write(f"{HOST_A}\n[sites.lab]\nknown_hosts = 'known'")
    assert [warning.mend for warning in desk.warnings()] == ["gti site trust a"]


def test_a_dotenv_that_others_can_read_is_a_warning(desk):
    dotenv = desk.write("PASSWORD=x\n", ".env")
    dotenv.chmod(0o644)
    file = desk.write("[sites.lab]\n")
    (warning,) = desk.warnings()
    assert warning.place == Place(file.with_name(".env"))
    assert warning.mend == f"chmod 600 {dotenv}"


def test_errors_are_told_before_warnings(desk):
    desk.write("[sites.lab.hosts]\na = { name = 'a.lab' }\nb = { name = 'a.lab' }")
    assert [finding.severity for finding in desk.findings()] == ["error", "warning", "warning"]


# However the file is written


@pytest.mark.parametrize(
    "text",
    [
        "sites = { lab = { hosts = { a = { name = 5 } } } }  # here",
        "[sites]\nlab = { hosts = { a = { name = 5 } } }  # here",
        "[sites.lab.hosts]\nb = { name = 'b.lab' }\na = { name = 5 }  # here",
        "[sites.lab.hosts]\nb.name = 'b.lab'\na.name = 5  # here",
        "sites.lab.user = 'root'\nsites.lab.hosts.a.name = 5  # here",
        "[sites.lab]\nhosts . a . 'name' = 5  # here",
        "[ sites . lab . hosts . a ]\nname = 5  # here",
        "['sites'.\"lab\".hosts.'a']\n\"name\" = 5  # here",
        '[sites.lab.hosts."\\u0061"]\n"n\\u0061me" = 5  # here',
        "[sites.lab.hosts.a]\naddress = '192.0.2.1'\n\n\n   name=5# here",
    ],
)
def test_however_a_key_is_written_its_line_is_found(told, text):
    assert told(text).what == "'name' takes text, not a number"


@pytest.mark.parametrize(
    "disguise",
    [
        'description = """\nname = 1\n[sites.lab.hosts.a]\n"""',
        "description = '''\nname = 1\n[sites.lab.hosts.a]\n'''",
        'description = """\\"""\nname = 1\n"""',
        'description = """ends in a quote"""" # """\ndns = "192.0.2.1"',
        "description = '''\"\"\"\nname = 1\n'''",
        'description = \'"""\'',
        "description = \"'''\"",
        '# a comment with """ in it',
        "# a comment with ''' in it",
        "description = '#' # '\ndns = '192.0.2.1' # \"\"\"",
        'description = "\\\\" # "',
    ],
)
def test_what_only_looks_like_a_key_is_none(desk, disguise):
    desk.write_bytes(f"[sites.lab]\n{disguise}\n[sites.lab.hosts.a]\nname = 5  # here\n".encode())
    assert desk.mark in [error.place for error in desk.errors()]
    assert "'name' takes text, not a number" in [error.what for error in desk.errors()]


def test_a_list_over_several_lines_hides_no_keys(told):
    told(f"""{HOST_A}
        [sites.lab.services.kafka]
        {KAFKA}
        wants = [  # see below ]
            "kafka",  # not "]"
        ]
        port = "9092"  # here
        """)


def test_a_list_inside_a_list_is_no_header(desk):
    desk.write(f"""{HOST_A}
        [sites.lab.services.kafka]
        {KAFKA}
        needs = [
            ["kafka"],
            ["]"],
        ]
        port = "9092"  # here
        """)
    assert desk.mark in [error.place for error in desk.errors()]


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "BOM"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_files_of_windows_are_read_as_any_other(desk, start, end):
    lines = ["[sites.lab.hosts.a]", 'address = """\\', '  192.0.2.1"""', "name = 5  # here", ""]
    desk.write_bytes((start + end.join(lines)).encode())
    (error,) = desk.errors()
    assert error.place == desk.mark
    assert error.what == "'name' takes text, not a number"


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"a = 1\nb = \n", 2, "is not valid TOML: Invalid value"),
        (b"a = 1\nb = [\n1,\n\n", 3, "is not valid TOML"),
        (b"a = 1\nb = " + b"9" * 5000 + b"\n\n", 2, "is not valid TOML: a number of thousands of digits"),
        (b"a = 1\nb = 1979-02-30\n", 2, "is not valid TOML: Invalid date"),
        (b"a = 1\n\n\nb = '\xff'\n", 4, "is not UTF-8"),
        (b"\xef\xbb\xbfa\n\n\n\xff", 4, "is not UTF-8"),
        (b"a = 1\x00\n", 1, "is not valid TOML"),
        (b"a = " + b"[" * 100_000, 0, "is nested too deeply"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(desk, content, line, what):
    file = desk.write_bytes(content)
    (error,) = desk.errors()
    assert error.place == Place(file, line)
    assert error.what.startswith(what)
    assert error.mend
