"""What can be wrong inside a Trino 476 that answers."""

from __future__ import annotations

import pytest

from gti.components.answer import Login
from gti.components.trino import probe

from .servers import Page, Web, as_json

INFO = {"nodeVersion": {"version": "476"}, "coordinator": True, "starting": False}
ONE_NODE = as_json({"data": [[1]]})
CATALOGS = as_json({"data": [["iceberg"], ["system"], ["tpch"]]})
QUERY = "20261121_090230_00005_try85"
NEXT = "/v1/statement/executing/q1/y2a/1"


def pool(reserved: int, **shares: int) -> Page:
    memory = {"maxBytes": 1000 << 20, "reservedBytes": reserved << 20}
    shares = {name: share << 20 for name, share in shares.items()}
    return as_json({"memoryInfo": {"pool": {**memory, "queryMemoryReservations": shares}}})


CALM = {
    "GET /v1/info": as_json(INFO),
    "POST /v1/statement": ONE_NODE,
    "GET /v1/status": pool(0),
    "GET /v1/node/failed": Page(200, b"[]"),
}
GTI = Login("gti")


class ByQuery(Web):
    """Answers SHOW CATALOGS as well."""

    def __init__(self, pages: dict[str, Page]) -> None:
        super().__init__(pages)
        self.pages = _Statements(pages, self.asked)


class _Statements(dict[str, Page]):
    def __init__(self, pages: dict[str, Page], asked: list[str]) -> None:
        super().__init__(pages)
        self._asked = asked

    def get(self, question: str, default: Page) -> Page:  # type: ignore[override]
        return CATALOGS if self._asked[-1].endswith("SHOW CATALOGS") else super().get(question, default)


def test_a_calm_trino_has_no_worries(serve):
    answer = probe(serve(Web(CALM)), GTI, 1)
    assert (answer.well, answer.says, answer.worries, answer.missing) == (True, "1 active node", (), None)


@pytest.mark.parametrize(
    ("wanted", "worries"),
    [("iceberg", ()), ("icebrg", ("catalog icebrg is missing (has: iceberg, system, tpch)",))],
)
def test_a_catalog_that_the_site_expects_is_looked_for(serve, wanted, worries):
    assert probe(serve(ByQuery(CALM)), Login("gti", database=wanted), 1).worries == worries


def test_full_memory_names_the_biggest_query_and_its_user(serve):
    session = {"queryId": QUERY, "session": {"user": "ana"}, "queryStats": {"fullyBlocked": True}}
    running = Page(200, b"[" + as_json(session).body + b"]")
    status = pool(900, **{QUERY: 700, "another": 200})
    web = Web({**CALM, "GET /v1/status": status, "GET /v1/query?state=RUNNING": running})
    answer = probe(serve(web), GTI, 1)
    assert answer.well
    assert answer.worries == (f"memory is full to 90 % of 1000 MiB: query {QUERY} of ana has 700 MiB, 1 blocked",)


def test_full_memory_is_told_though_the_queries_may_not_be_seen(serve):
    answer = probe(serve(Web({**CALM, "GET /v1/status": pool(900, q1=900)})), GTI, 1)
    assert answer.worries == ("memory is full to 90 % of 1000 MiB: query q1 has 900 MiB",)


def test_a_node_that_fails_its_heartbeats_is_a_worry(serve):
    failed = Page(200, b'[{"uri": "http://worker-2.gti.test:8085"}]')
    answer = probe(serve(Web({**CALM, "GET /v1/node/failed": failed})), GTI, 1)
    assert answer.worries == ("node http://worker-2.gti.test:8085 fails its heartbeats",)


@pytest.mark.parametrize("strange", [Page(200, b"[1]"), Page(200, b"{"), Page(200, b'{"memoryInfo": 1}')])
@pytest.mark.parametrize("page", ["GET /v1/status", "GET /v1/node/failed"])
def test_a_strange_page_is_no_worry(serve, page, strange):
    answer = probe(serve(Web({**CALM, page: strange})), GTI, 1)
    assert (answer.well, answer.worries) == (True, ())


def test_who_gives_up_cancels_the_query_on_the_connection_it_has(serve):
    web = Web({**CALM, "POST /v1/statement": as_json({"nextUri": f"http://elsewhere.gti.test{NEXT}"})})

    def silent_on_the_next_page(connection):
        begin = connection.recv(4, 2)  # MSG_PEEK
        if begin == b"GET " and len(web.asked) == 2:
            web.asked.append("left waiting")
            while connection.recv(4096):
                pass
        else:
            web(connection)

    answer = probe(serve(silent_on_the_next_page), GTI, 0.5)
    assert not answer.well
    assert web.asked[-1].startswith(f"DELETE {NEXT} ")
