"""A database, a dataset, a chart and a dashboard. Runs on the superset host, through Superset's own API.

SUPERSET_PASSWORD is that of `admin`. Superset asks Trino at once, so it must be up and the table must exist.
"""

from __future__ import annotations

import json
import os
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPCookieProcessor, Request, build_opener

SUPERSET = os.environ.get("SUPERSET_URL", "http://127.0.0.1:8088")
TRINO = os.environ.get("TRINO_URI", "trino://datalake@trino.gti.local:8080/iceberg")
SCHEMA, TABLE = os.environ.get("GOLD_TABLE", "gold.receita_diaria").split(".")


class Superset:
    """The session cookie belongs to the CSRF token: one goes with the other."""

    def __init__(self, user: str, password: str) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))
        self._headers = {"Content-Type": "application/json", "Referer": SUPERSET}
        login = {"username": user, "password": password, "provider": "db", "refresh": False}
        self._headers["Authorization"] = "Bearer " + self.call("POST", "security/login", login)["access_token"]
        self._headers["X-CSRFToken"] = self.call("GET", "security/csrf_token/")["result"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{SUPERSET}/api/v1/{path}", data, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=120) as answer:
                return json.load(answer)
        except HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}") from error

    def ensure(self, kind: str, column: str, **body: Any) -> int:
        """The id of the one that has this name, made if there is none."""
        asked = f"(filters:!((col:{column},opr:eq,value:'{body[column]}')))"
        found = self.call("GET", f"{kind}/?q={quote(asked)}")["result"]
        return found[0]["id"] if found else self.call("POST", f"{kind}/", body)["id"]


def layout(chart: int, name: str) -> dict[str, Any]:
    """One row with one chart, in the form in which dashboards are kept."""
    return {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": ["ROW-1"], "parents": ["ROOT_ID"]},
        "ROW-1": {
            "type": "ROW",
            "id": "ROW-1",
            "children": ["CHART-1"],
            "parents": ["ROOT_ID", "GRID_ID"],
            "meta": {"background": "BACKGROUND_TRANSPARENT"},
        },
        "CHART-1": {
            "type": "CHART",
            "id": "CHART-1",
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", "ROW-1"],
            "meta": {"chartId": chart, "sliceName": name, "width": 12, "height": 50},
        },
    }


def main() -> None:
    superset = Superset("admin", os.environ["SUPERSET_PASSWORD"])
    extra = {"engine_params": {"connect_args": {"http_scheme": "http"}}}
    database = superset.ensure(
        "database",
        "database_name",
        database_name="Trino — Iceberg",
        sqlalchemy_uri=TRINO,
        expose_in_sqllab=True,
        allow_run_async=True,
        extra=json.dumps(extra),
    )
    dataset = superset.ensure("dataset", "table_name", table_name=TABLE, database=database, schema=SCHEMA)
    asked = {
        "datasource": f"{dataset}__table",
        "viz_type": "table",
        "query_mode": "raw",
        "all_columns": ["id", "cliente", "valor", "ts"],
        "row_limit": 100,
    }
    chart_name, dashboard_name = "Receita diária", "Painel de vendas"
    dashboard = superset.ensure(
        "dashboard", "dashboard_title", dashboard_title=dashboard_name, slug="vendas", published=True
    )
    chart = superset.ensure(
        "chart",
        "slice_name",
        slice_name=chart_name,
        viz_type="table",
        datasource_id=dataset,
        datasource_type="table",
        params=json.dumps(asked),
        dashboards=[dashboard],
    )
    superset.call("PUT", f"dashboard/{dashboard}", {"position_json": json.dumps(layout(chart, chart_name))})


if __name__ == "__main__":
    main()
