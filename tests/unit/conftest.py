"""Couriers of a test, ended with it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelbox.delivery.courier import Courier
from tests.unit.journal_server import Make, Server, close, folder_of


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes couriers on one folder of journals, each as if in a process of its own."""
    made: list[Courier] = []

    def make(server: Server) -> Courier:
        made.append(Courier(server.send, folder=folder_of(tmp_path)))
        return made[-1]

    yield make
    for courier in made:
        close(courier)
