"""What the doctor makes of a host's clock, disks, memory, load and units."""

from __future__ import annotations

import pytest

from gti.doctor.visit import Visit
from gti.doctor.vitals import clock
from gti.site import Host


def test_a_healthy_debian_has_no_findings(kafka):
    assert kafka() == []


@pytest.mark.parametrize(
    ("first", "last", "health"),
    [("1763700002.5", "1763700002.7", "warning"), ("1763699900.0", "1763699900.2", "error")],
)
def test_a_clock_that_differs_from_the_workstation_is_found(kafka, first, last, health):
    (finding,) = kafka(clock_first=first, clock_last=last)
    assert (finding.topic, finding.health) == ("clock", health)
    assert "Proxmox" in finding.mend


def test_slow_questions_are_not_taken_for_a_wrong_clock():
    output = "@@ clock-first\n1763700000.1\n@@ exit 0\n@@ clock-last\n1763700009.1\n@@ exit 0\n"
    host = Host("kafka", "kafka.gti.local")
    assert clock(Visit(host, output, asked=1763700000.0, answered=1763700009.2)).health == "ok"


def test_a_clock_without_fractions_is_still_a_clock(kafka):
    assert kafka(clock_first="1763700000.N", clock_last="1763700000.N") == []


@pytest.mark.parametrize(("percent", "health"), [(85, "warning"), (94, "warning"), (95, "error"), (100, "error")])
def test_a_disk_that_fills_up_is_named_by_its_mount(kafka, percent, health):
    (finding,) = kafka(disk=f"/dev/sda1 20466256 19318364 1083172 {percent}% /var/lib/kafka data")
    assert (finding.topic, finding.health) == ("disk", health)
    assert finding.what == f"/var/lib/kafka data is {percent}% full"
    assert finding.mend == "gti exec --on kafka -- du -xh --max-depth=1 '/var/lib/kafka data'"


def test_inodes_run_out_before_the_disk_does(kafka):
    (finding,) = kafka(inodes="/dev/sda1 1310720 1305477 5243 100% /")
    assert (finding.topic, finding.health) == ("inodes", "error")


def test_a_full_cd_or_snap_alarms_nobody(kafka):
    disk = "/dev/sda1 100 10 90 10% /\n/dev/loop3 100 100 0 100% /snap/core\n/dev/sr0 100 100 0 100% /media/cdrom"
    assert kafka(disk=disk) == []


def test_a_file_system_without_inodes_is_none_that_is_full(kafka):
    assert kafka(inodes="/dev/sda1 100 10 90 10% /\n/dev/sdb1 0 0 0 - /srv") == []


def test_a_df_that_hangs_on_a_dead_server_is_unknown(kafka):
    (finding,) = kafka(disk=("", 137))
    assert (finding.health, finding.what) == ("unknown", "df does not tell: no answer in time")


@pytest.mark.parametrize(("available", "health"), [(400_000, "warning"), (100_000, "error")])
def test_little_memory_is_found(kafka, available, health):
    (finding,) = kafka(memory=f"MemTotal: 4194304 kB\nMemAvailable: {available} kB")
    assert (finding.topic, finding.health) == ("memory", health)


@pytest.mark.parametrize(("five_minutes", "health"), [("4.20", "warning"), ("9.00", "error")])
def test_load_counts_per_core(kafka, five_minutes, health):
    (finding,) = kafka(load=f"20.00 {five_minutes} 0.50 3/412 48213")
    assert (finding.topic, finding.health) == ("load", health)


def test_a_failed_unit_of_the_site_is_worse_than_another(kafka):
    failed = (
        "kafka.service loaded failed failed Apache Kafka\n● logrotate.service loaded failed failed Rotate logs"
    )
    ours, other = kafka(failed_units=failed)
    assert (ours.health, ours.what) == ("error", "kafka.service has failed, a service of the site")
    assert (other.health, other.what) == ("warning", "logrotate.service has failed")


def test_a_host_without_systemd_has_unknown_units(kafka):
    (finding,) = kafka(failed_units=("System has not been booted with systemd as init system (PID 1).", 1))
    assert finding.health == "unknown"
    assert "not been booted" in finding.what


def test_a_hosts_words_cannot_smuggle_a_command_into_a_mend(kafka):
    (finding,) = kafka(failed_units="x;reboot loaded failed failed")
    assert finding.mend == "gti exec --on kafka -- systemctl status --no-pager 'x;reboot'"
