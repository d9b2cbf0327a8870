"""A server for the tests with real frameworks, and what they train on: scikit-learn's digits."""

import pytest

from modelbox.integrations import boosters
from tests.integration.conftest import client, sdk_server

__all__ = ["client", "sdk_server"]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a single answer however busy the machine is, so that what is uploaded is returned."""
    monkeypatch.setattr(boosters, "FILES_ANSWER_TIMEOUT_S", 60.0)
