"""Which site is meant: --site, GTI_SITE, ./gti.toml, the config folder, the built-in one."""

import json
from pathlib import Path

import pytest

from gti.cli.main import run
from gti.errors import Exit, Misused
from gti.site.find import BUILTIN, files, find, known_sites
from gti.site.finding import SiteError

PROD = """
    [sites.prod.hosts.kafka]
    name = "kafka.prod"
    """
LAB = """
    [sites.lab.hosts.kafka]
    name = "kafka.lab"
    """
SEVERAL = """
    default = "homologation"
    [sites.prod.hosts.kafka]
    name = "kafka.prod"
    [sites.homologation.hosts.kafka]
    name = "kafka.homologation"
    [sites.lab]
    extends = "gti"
    """


@pytest.fixture
def shown(desk, capsys):
    """The site that a command line works on."""

    def show(*options):
        assert run([*options, "site", "show", "-o", "json"]) == Exit.DONE
        return json.loads(capsys.readouterr().out)["site"]

    return show


def named(name):
    return f'[sites.{name}.hosts.a]\nname = "a.{name}"\n'


def test_the_nearest_of_the_five_places_wins(desk, shown, monkeypatch):
    assert shown() == "gti"
    desk.write(named("in-the-config-folder"), desk.config / "gti.toml")
    assert shown() == "in-the-config-folder"
    desk.write(named("here"))
    assert shown() == "here"
    monkeypatch.setenv("GTI_SITE", str(desk.write(named("by-variable"), "one.toml")))
    assert shown() == "by-variable"
    by_option = desk.write(named("by-option"), "two.toml")
    assert shown("--site", str(by_option)) == "by-option"


def test_gti_site_takes_a_name_as_well_as_a_file(desk, shown, monkeypatch):
    desk.write(SEVERAL)
    monkeypatch.setenv("GTI_SITE", "prod")
    assert shown() == "prod"


def test_an_empty_gti_site_is_as_none(shown, monkeypatch):
    monkeypatch.setenv("GTI_SITE", "")
    assert shown() == "gti"


def test_the_config_folder_is_where_xdg_says(desk, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(desk.home / "elsewhere"))
    desk.write(PROD, desk.home / "elsewhere" / "gti" / "gti.toml")
    assert find(None).name == "prod"


def test_without_a_home_the_built_in_site_is_still_there(desk, monkeypatch):
    """As in a container that runs under a user id that nobody knows."""
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda _: (_ for _ in ()).throw(KeyError()))
    assert list(files()) == [BUILTIN]


def test_a_site_is_found_by_name_in_whatever_file_it_stands(desk):
    desk.write(PROD)
    desk.write(LAB, desk.config / "any-name.toml")
    assert find("lab").hosts[0].name == "kafka.lab"
    assert find("gti").file == BUILTIN


def test_of_two_sites_of_one_name_the_nearer_one_is_meant(desk):
    desk.write(PROD)
    desk.write(PROD.replace("kafka.prod", "another.prod"), desk.config / "gti.toml")
    assert find("prod").hosts[0].name == "kafka.prod"


def test_a_file_may_define_several_sites(desk):
    file = desk.write(SEVERAL)
    assert [find(name).name for name in ("prod", "homologation", "lab")] == ["prod", "homologation", "lab"]
    assert find("prod").file == Path("gti.toml")
    assert find(str(file)).name == "homologation"


def test_the_default_of_a_file_is_meant_when_no_site_is_named(desk):
    desk.write(SEVERAL)
    assert find(None).name == "homologation"


def test_the_only_site_of_a_file_needs_no_default(desk):
    desk.write(PROD)
    assert find(None).name == "prod"


def test_a_file_with_several_sites_and_no_default_asks_which(desk):
    desk.write(SEVERAL.replace('default = "homologation"', ""))
    with pytest.raises(SiteError, match=r"several sites and no default \(prod, homologation, lab\)") as refused:
        find(None)
    assert refused.value.findings[0].mend == 'add: default = "…", or name one with --site'


def test_a_default_that_is_not_in_the_file_is_told_with_its_line(desk):
    desk.write(SEVERAL.replace('"homologation"', '"production"  # here'))
    (error,) = desk.errors()
    assert error.place == desk.mark
    assert "'production' is not in it (it has: prod, homologation, lab)" in error.what


def test_a_file_without_sites_is_told_how_to_begin(desk):
    desk.write("# nothing yet\n")
    (error,) = desk.errors()
    assert error.what == "defines no site"
    assert "gti site init" in error.mend


def test_sites_written_wrongly_are_told_with_what_was_meant(desk):
    desk.write("""
        [site.prod]  # here
        user = "datalake"
        """)
    _, unknown = desk.errors()
    assert unknown.place == desk.mark
    assert unknown.what == "unknown key 'site': did you mean 'sites'?"


def test_sites_that_are_no_table_are_told_with_their_line(desk):
    desk.write("""
        default = "gti"
        sites = "gti"  # here
        """)
    (error,) = desk.errors()
    assert error.place == desk.mark
    assert error.mend.startswith("add a [sites.NAME] table")


def test_an_unknown_name_suggests_the_one_that_was_meant(desk):
    desk.write(SEVERAL)
    with pytest.raises(Misused) as refused:
        find("homologaton")
    assert refused.value.what == "no site is called 'homologaton': did you mean 'homologation'?"
    assert "gti.toml" in dict(refused.value.details)["looked in"]


@pytest.mark.parametrize("where", ["gti.toml", "config"])
def test_a_broken_file_on_the_way_is_named_with_its_line(desk, where):
    file = desk.write("[sites.prod]\nuser = \n", desk.config / "gti.toml" if where == "config" else where)
    with pytest.raises(SiteError) as refused:
        find("gti")
    (error,) = refused.value.findings
    assert error.place.file.samefile(file)
    assert error.place.line == 2
    assert error.what.startswith("is not valid TOML")


@pytest.mark.parametrize("name", ["missing.toml", "no/such/folder.toml", "~nobody-of-this-name/gti.toml"])
def test_a_file_that_is_not_there_is_named(desk, name):
    with pytest.raises(SiteError, match="cannot be read") as refused:
        find(name)
    assert str(refused.value.findings[0].place) == name


def test_a_folder_is_no_site_file(desk):
    with pytest.raises(SiteError, match="Is a directory"):
        find(str(desk.here))


def test_a_file_that_is_far_too_long_is_not_read_as_a_site(desk):
    file = desk.write("#" * (5 * 1024 * 1024))
    with pytest.raises(SiteError, match="has 5242880 bytes"):
        find(str(file))


def test_all_sites_are_listed_the_nearest_first(desk):
    desk.write(LAB, desk.config / "lab.toml")
    desk.write(SEVERAL)
    assert known_sites() == ["prod", "homologation", "lab", "gti"]


def test_a_lab_in_the_config_folder_is_found_by_name_and_is_not_the_default(desk):
    desk.write(LAB, desk.config / "lab-real.toml")
    assert find(None).file == BUILTIN
    assert find("lab").hosts[0].name == "kafka.lab"
