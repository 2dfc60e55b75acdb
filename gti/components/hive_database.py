"""Questions to the database of the Hive Metastore, in SQL and as its own user; only SELECT is ever asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gti.components.answer import Login, NoAnswer
from gti.components.wire import CLOSED, Wire

Select = Callable[[str], list[tuple[Any, ...]]]

WRONG_PASSWORD, NO_TABLE, NOT_ALLOWED = 1045, 1146, 1142


class Refusal(Exception):
    """The database says no, in its own words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@contextmanager
def logged_in(wire: Wire, login: Login) -> Iterator[Select]:
    client = _client(wire, login)
    try:
        _told(client.connect)
        yield lambda sql: _told(_rows, client, sql)
    finally:
        client.close()


def _rows(client: Any, sql: str) -> list[tuple[Any, ...]]:
    from mariadb.impl.message.client.query_packet import QueryPacket

    (completion,) = client.execute(QueryPacket.from_sql(sql), client.configuration)
    return [tuple(row) for row in completion.result_set.rows]


def _told(ask: Callable[..., Any], *arguments: Any) -> Any:
    from mariadb.exceptions import Error

    try:
        return ask(*arguments)
    except Error as error:
        if not error.errno:
            raise _no_answer(error) from error
        raise Refusal(int(error.errno), str(error.errmsg)) from error
    except Exception as error:  # the connector's parser falls over strange bytes in many ways
        raise _no_answer(error) from error


def _client(wire: Wire, login: Login) -> Any:
    """The connector's own client, on our connection.

    Its time-outs are cut to whole seconds, 0.5 to none at all, and bound each receive, not the whole.
    """
    from mariadb.impl.client.sync_client import SyncClient
    from mariadb.impl.configuration import Configuration

    settings = {"user": login.user, "password": login.password, "database": login.database}
    # Or else the server may ask the client for files.
    client = SyncClient(Configuration.from_dict({**settings, "local_infile": False, "autocommit": True}))
    client.socket = wire
    client._create_socket = lambda: None
    return client


def _no_answer(error: BaseException) -> NoAnswer:
    """What our connection said of it, from under the connector's wrapping."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, NoAnswer):
        cause = cause.__cause__ or cause.__context__
    if cause is not None:
        return NoAnswer(cause.what)
    return NoAnswer(CLOSED if "reset by peer" in str(error) else "not a MariaDB server's answer")
