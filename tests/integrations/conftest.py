"""A server for the tests with real frameworks, and what they train on: scikit-learn's digits."""

from tests.integration.conftest import client, sdk_server

__all__ = ["client", "sdk_server"]
