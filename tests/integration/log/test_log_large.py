"""A large append on a slow server: it is recorded, and those beside it hear in time."""

import asyncio
from time import monotonic

import asyncpg
import pytest

from modelbox_events import ANY_VERSION, Append, Log, LogUnavailableError, NewEvent
from modelbox_events.batch import Batch, Prepared
from modelbox_events.health import LOWEST_LEVEL
from modelbox_events.lane import ANSWER_TIMEOUT_S, STATEMENT_TIMEOUT_MS, Lane, answer_timeout_s
from modelbox_events.limits import APPEND_BYTES_MAX, APPEND_EVENTS_MAX
from modelbox_events.types.metadata import MetadataUpdated
from tests.integration.log.test_log_silence import CALL_TIMEOUT_S
from tests.integration.log.test_log_upgrade import until_blocked
from tests.integration.log_cases import append, assert_whole, stream

SLOW_S = STATEMENT_TIMEOUT_MS / 1000 + 1
"""What a large append takes beside what it takes anyway: more than a small one ever may."""


@pytest.fixture
async def slow_log(log: Log, dsn: str) -> Log:
    """A log whose Postgres takes long to store many events."""
    owner = await asyncpg.connect(dsn)
    await owner.execute(
        "CREATE FUNCTION modelbox.slow_for_test() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF (SELECT count(*) FROM stored) > 1000 THEN PERFORM pg_sleep({SLOW_S}); END IF; RETURN NULL; END $$;"
        "CREATE TRIGGER slow_for_test AFTER INSERT ON modelbox.events REFERENCING NEW TABLE AS stored"
        " FOR EACH STATEMENT EXECUTE FUNCTION modelbox.slow_for_test()"
    )
    await owner.close()
    return log


def large() -> Append:
    """Return an append that is nearly as large as one may be."""
    to = stream()
    text = "x" * (APPEND_BYTES_MAX // APPEND_EVENTS_MAX - 200)
    events = [NewEvent(MetadataUpdated(object_id=to.id, metadata={"value": text}))] * APPEND_EVENTS_MAX
    return Append(stream=to, events=events, expected_version=ANY_VERSION, key="large")


async def test_an_append_has_more_time_the_larger_it_is(slow_log: Log) -> None:
    """All of it for one answer: begun anew, it would never be recorded."""
    begun = monotonic()
    appended = await slow_log.append(large())

    assert SLOW_S < monotonic() - begun < answer_timeout_s(APPEND_BYTES_MAX) + 1
    assert not appended.duplicate
    assert (await slow_log.append(append(stream()))).first_position == APPEND_EVENTS_MAX + 1
    assert len(await assert_whole(slow_log)) == APPEND_EVENTS_MAX + 1


async def test_those_beside_a_large_append_hear_before_their_own_deadlines(slow_log: Log, dsn: str) -> None:
    """They are recorded, or told to come again with their key."""
    look = await asyncpg.connect(dsn)
    appending = asyncio.create_task(slow_log.append(large()))
    await until_blocked(look, "modelbox append", kind="Timeout")  # it sleeps, and holds the head

    begun = monotonic()
    results = await asyncio.gather(*(slow_log.append(append(stream())) for _ in range(20)), return_exceptions=True)

    assert monotonic() - begun < CALL_TIMEOUT_S
    recorded = [result for result in results if not isinstance(result, BaseException)]
    assert all(isinstance(result, LogUnavailableError) for result in results if result not in recorded)
    await appending
    assert len(await assert_whole(slow_log)) == APPEND_EVENTS_MAX + len(recorded)
    await look.close()


async def test_a_lane_gives_a_small_batch_no_more_time_after_a_large_one(log: Log) -> None:
    """Else a statement that hangs would hold the head for as long."""
    lane = Lane(log.database)

    async def limit_after(request: Append) -> str:
        await lane.send(Batch([Prepared(request, log.registry)], log.registry, format_level=LOWEST_LEVEL))
        assert lane._connection is not None
        return str(await lane._connection.fetchval("SHOW statement_timeout"))

    assert await limit_after(append(stream())) == f"{STATEMENT_TIMEOUT_MS // 1000}s"
    assert await limit_after(large()) not in {"0", f"{STATEMENT_TIMEOUT_MS // 1000}s"}
    assert await limit_after(append(stream())) == f"{STATEMENT_TIMEOUT_MS // 1000}s"
    lane.disconnect()


def test_the_time_for_an_answer_grows_by_the_rate_that_the_limits_promise() -> None:
    assert answer_timeout_s(0) == ANSWER_TIMEOUT_S == 3
    assert answer_timeout_s(APPEND_BYTES_MAX) == 19
