"""What an operator's command says of an error is for an operator."""

import click
import pytest

from modelbox_events import LogRefusedError, LogUnavailableError
from modelbox_gateway.cli.common import reported


@pytest.mark.parametrize(
    "error, said",
    [
        (LogRefusedError("permission denied", sqlstate="42501"), "restart the server: it puts its rights"),
        (
            LogRefusedError("cannot execute INSERT in a read-only transaction", sqlstate="25006"),
            "read-only transaction",
        ),
        (LogUnavailableError("connection refused\nat once"), "connection refused; at once"),
    ],
)
def test_an_error_of_the_log_is_one_line_that_says_what_to_do(error: Exception, said: str) -> None:
    with pytest.raises(click.ClickException) as raised, reported():
        raise error

    assert said in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize("sqlstate", ["42501", "25006"])
def test_a_refusal_of_postgres_speaks_of_no_key(sqlstate: str) -> None:
    with pytest.raises(click.ClickException) as raised, reported():
        raise LogRefusedError("no", sqlstate=sqlstate)

    assert "idempotency" not in raised.value.message


def test_an_error_that_ended_tasks_is_told_as_if_it_came_alone() -> None:
    with pytest.raises(click.ClickException) as raised, reported():
        raise ExceptionGroup("tasks", [ExceptionGroup("of tasks", [LogUnavailableError("gone")])])

    assert (raised.value.exit_code, raised.value.message) == (3, "the log is unavailable: gone")
