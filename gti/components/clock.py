"""What time it is where the server is: the operator's clock may be wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gti.components.http import Response


def server_time(response: Response) -> datetime:
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return datetime.now(UTC)
