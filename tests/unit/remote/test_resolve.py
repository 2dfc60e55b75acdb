"""Names first, addresses as the fallback; quickly, and once."""

import threading

from gti.remote.resolve import Resolver, hosts_in, resolver_of
from gti.site import Host, Site

KAFKA = Host("kafka", "kafka.gti.local", "192.0.2.34")


def nobody(_):
    raise OSError("no such name")


def test_the_name_comes_first_and_the_address_after_it():
    found = Resolver(lambda _: ["192.0.2.9"]).addresses(KAFKA)
    assert found.candidates == ("192.0.2.9", "192.0.2.34")
    assert found.tried == "kafka.gti.local → 192.0.2.9, then 192.0.2.34"


def test_an_address_that_the_name_gives_already_is_not_tried_twice():
    assert Resolver(lambda _: ["192.0.2.34"]).addresses(KAFKA).candidates == ("192.0.2.34",)


def test_without_such_a_name_the_address_is_used_and_the_error_can_say_so():
    found = Resolver(nobody).addresses(KAFKA)
    assert found.candidates == ("192.0.2.34",)
    assert "no such name" in found.tried


def test_a_name_server_that_never_answers_costs_its_patience_only():
    never = threading.Event()
    found = Resolver(lambda _: never.wait(30) or [], patience=0.05).addresses(KAFKA)
    assert found.candidates == ("192.0.2.34",)


def test_a_name_is_looked_up_once_in_a_run():
    asked = []
    resolver = Resolver(lambda name: asked.append(name) or ["192.0.2.9"])
    resolver.addresses(KAFKA)
    resolver.addresses(KAFKA)
    assert asked == ["kafka.gti.local"]


def test_the_hosts_file_of_a_site_is_asked_before_the_machine(tmp_path):
    """A lab's kafka.gti.local must never be the platform's."""
    file = tmp_path / "hosts"
    file.write_text("# the lab\n198.18.0.34 kafka.gti.local kafka  # the broker\n\n198.18.0.35\n")
    site = Site("lab", (KAFKA,), (), hosts_file=file)
    assert resolver_of(site).addresses(KAFKA).candidates == ("198.18.0.34", "192.0.2.34")


def test_a_hosts_file_that_is_not_there_knows_nobody(tmp_path):
    assert hosts_in(tmp_path / "none") == {}
