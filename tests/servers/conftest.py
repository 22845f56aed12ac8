"""The server under test, started anew for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.api import ApiServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with ApiServer() as running:
        yield running
