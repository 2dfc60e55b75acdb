from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from gti.remote.reach import Reach

from .servers import Talk, listening


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], Reach]]:
    """Starts a server with this talk, and says where it is."""
    with ExitStack() as servers:
        yield lambda talk: servers.enter_context(listening(talk))
