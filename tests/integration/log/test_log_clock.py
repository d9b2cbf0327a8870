"""A clock that was ahead is seen, and healed by a correction; times are searched by span."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from modelbox_events import FormatLevelError, InvalidEventError, Log, Position, verify
from modelbox_events.clock import ahead_s, correct_clock
from modelbox_events.upkeep import look_at_clock
from tests.integration.log_cases import append, read_all, stream

HOUR = timedelta(hours=1)


async def _set_ahead(dsn: str, by: timedelta) -> None:
    """Leave the head's time where a clock that was ahead for a moment would."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE modelbox.log_head SET recorded_at = clock_timestamp() + $1", by)
    await connection.close()


async def test_a_head_that_is_ahead_of_the_clock_is_seen(log: Log, dsn: str) -> None:
    await log.append(append(stream()))
    assert await ahead_s(log.database) == 0

    await _set_ahead(dsn, HOUR)

    assert 3_500 < await ahead_s(log.database) <= 3_600


async def test_a_head_that_is_ahead_is_warned_of_in_upkeep(
    log: Log, dsn: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await _set_ahead(dsn, HOUR)

    await look_at_clock(log.database, log.head)

    assert log.head.ahead_s > HOUR.total_seconds() / 2
    assert "modelbox log correct-clock" in capsys.readouterr().out


async def test_a_correction_begins_a_span_in_which_time_is_the_clocks(log: Log, dsn: str) -> None:
    await _set_ahead(dsn, HOUR)
    await log.append(append(stream(), events=2))

    ahead_until = await correct_clock(dsn, reason="the host was an hour ahead")
    await log.append(append(stream()))

    now = datetime.now(UTC)
    times = [event.recorded_at for event in await read_all(log)]
    assert ahead_until == times[0] == times[1] > now + HOUR / 2
    assert now - HOUR < times[2] <= times[3] < now + HOUR / 2
    assert [event.type for event in await read_all(log)][2] == "ClockCorrected"
    assert (await verify(log.database)).to == 4
    assert await ahead_s(log.database) == 0


async def test_a_clock_that_is_right_is_not_corrected(log: Log, dsn: str) -> None:
    await log.append(append(stream()))

    assert await correct_clock(dsn, reason="nothing is wrong") is None

    assert (await log.read_head()).position == 1


async def test_a_time_is_searched_in_every_span(log: Log, dsn: str) -> None:
    """Since a time: from the first event, of any span, that was recorded then or later."""
    for _ in range(3):
        await log.append(append(stream()))
    calm = (await read_all(log))[2].recorded_at
    await _set_ahead(dsn, HOUR)
    for _ in range(3):
        await log.append(append(stream()))
    await correct_clock(dsn, reason="an hour ahead")
    for _ in range(3):
        await log.append(append(stream()))
    last = (await read_all(log))[-1].recorded_at

    assert await log.position_before(calm - HOUR) == 0
    assert await log.position_before(calm) == 2
    assert await log.position_before(calm + timedelta(microseconds=1)) == 3
    assert await log.position_before(calm + HOUR / 2) == 3
    assert await log.position_before(last) == 3  # events of the span that was ahead are later still
    assert await log.position_before(calm + 2 * HOUR) == 10


async def test_times_beyond_the_last_span_lead_to_the_end(log: Log) -> None:
    assert await log.position_before(datetime.now(UTC)) == 0
    await log.append(append(stream()))
    assert await log.position_before(datetime.now(UTC) + HOUR) == Position(1)


async def test_a_log_that_an_older_process_may_read_is_not_corrected(log: Log, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE modelbox.log_head SET format_level = 1")
    await connection.close()
    await _set_ahead(dsn, HOUR)

    with pytest.raises(FormatLevelError, match="older versions"):
        await correct_clock(dsn, reason="too early")

    assert (await log.read_head()).position == 0


async def test_a_time_without_a_zone_is_looked_for_nowhere(log: Log) -> None:
    with pytest.raises(InvalidEventError, match="has no time zone"):
        await log.position_before(datetime(2026, 1, 1))  # noqa: DTZ001  # what is refused
