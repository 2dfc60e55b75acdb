"""How many rows Trino counts in a table: `trino_count.py iceberg.raw.TABLE`."""

from __future__ import annotations

import json
import os
import sys
from urllib.request import Request, urlopen

TRINO = os.environ.get("TRINO_URL", "http://trino.gti.local:8080")
WHO = {"X-Trino-User": "datalake"}


def main(table: str) -> None:
    rows: list[list[int]] = []
    page = {"nextUri": f"{TRINO}/v1/statement"}
    body: bytes | None = f"SELECT count(*) FROM {table}".encode()
    while "nextUri" in page:
        with urlopen(Request(page["nextUri"], body, WHO), timeout=60) as answer:
            page = json.load(answer)
        body = None
        if "error" in page:
            raise SystemExit(f"trino: {page['error']['message']}")
        rows += page.get("data", [])
    print(f"trino counts {rows[0][0]} in {table}")


if __name__ == "__main__":
    main(sys.argv[1])
