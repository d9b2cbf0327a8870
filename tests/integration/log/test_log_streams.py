"""A stream's row says what its events say, whoever changes it; and where it does not, its own appends alone fail."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from modelbox_events import (
    ANY_VERSION,
    STREAM_EXISTS,
    Append,
    Claim,
    ExpectedVersion,
    InvalidEventError,
    Log,
    LogRefusedError,
    StreamRef,
    new_id,
)
from modelbox_events.event import CLAIMS_SUFFIX
from modelbox_events.limits import STREAM_VERSION_MAX
from tests.integration.log.test_log_upgrade import until_blocked
from tests.integration.log_cases import append, assert_whole, change, stream

OPERATE = Path(__file__).parents[3] / "docs/operate.md"
APPEND = "modelbox append"
BEHIND = "UPDATE modelbox.streams SET version = version - 1 WHERE id = $1"


async def test_a_stream_that_another_session_changes_while_an_append_waits_for_it_keeps_up(log: Log, dsn: str) -> None:
    """An operator's session does not hold the head: the row is not where the append found it."""
    operator, look = await asyncpg.connect(dsn), await asyncpg.connect(dsn)
    to, claimed = stream(), StreamRef("default", f"model{CLAIMS_SUFFIX}", new_id())
    for version in range(3):
        await log.append(_claiming(to, claimed, version))
    await operator.execute("BEGIN")
    await operator.execute("UPDATE modelbox.streams SET closed_at = NULL WHERE id = $1", claimed.id)

    appending = asyncio.create_task(log.append(_claiming(to, claimed, 3)))
    await until_blocked(look, APPEND)
    await operator.execute("COMMIT")

    assert (await appending).version == 4
    assert await _versions(operator, to, claimed) == [4, 4]
    assert (await log.append(_claiming(to, claimed, 4))).version == 5
    await assert_whole(log)
    await operator.close()
    await look.close()


@pytest.mark.parametrize("expected", [ANY_VERSION, STREAM_EXISTS, STREAM_VERSION_MAX - 1])
async def test_no_append_passes_the_last_version_of_a_stream(log: Log, dsn: str, expected: ExpectedVersion) -> None:
    to = stream()
    await log.append(append(to))
    owner = await asyncpg.connect(dsn)
    await owner.execute("UPDATE modelbox.streams SET version = $2 WHERE id = $1", to.id, STREAM_VERSION_MAX - 1)

    with pytest.raises(InvalidEventError, match="would pass version"):
        await log.append(append(to, expected=expected, events=2))

    assert (await log.append(append(to, expected=expected))).version == STREAM_VERSION_MAX
    await owner.close()


async def test_a_stream_that_is_behind_its_events_costs_its_neighbours_nothing(log: Log, dsn: str) -> None:
    """As a hand, or a version before, may have left it: only what is for it is refused."""
    owner = await asyncpg.connect(dsn)
    to = stream()
    for _ in range(2):
        await log.append(append(to))
    await owner.execute(BEHIND, to.id)

    requests = [append(to if number in {7, 50} else stream()) for number in range(100)]
    results = await asyncio.gather(*map(log.append, requests), return_exceptions=True)

    refused = {number: result for number, result in enumerate(results) if isinstance(result, BaseException)}
    assert list(refused) == [7, 50]
    assert {type(error) for error in refused.values()} == {LogRefusedError}
    await log.check()  # it takes appends
    assert len(await assert_whole(log)) == 2 + 98
    await owner.execute(_mending(to))
    assert (await log.append(append(to))).version == 3
    await owner.close()


async def test_a_log_that_contradicts_itself_as_a_whole_is_not_tried_request_by_request(log: Log, dsn: str) -> None:
    """Its head is behind its events: each append would be refused in turn."""
    owner = await asyncpg.connect(dsn)
    await log.append(append(stream()))
    await owner.execute("UPDATE modelbox.log_head SET position = 0")
    await owner.execute("SELECT pg_stat_reset()")

    results = await asyncio.gather(*(log.append(append(stream())) for _ in range(300)), return_exceptions=True)

    assert {type(result) for result in results} == {LogRefusedError}
    with pytest.raises(LogRefusedError):
        await log.check()
    await asyncio.sleep(1.5)  # Postgres counts a second late
    assert await owner.fetchval("SELECT xact_rollback FROM pg_stat_database WHERE datname = current_database()") < 10
    await owner.close()


def _mending(to: StreamRef) -> str:
    """What docs/operate.md says of it."""
    section = OPERATE.read_text().partition("## A stream that is behind its events")[2]
    return section.partition("```sql\n")[2].partition("```")[0].replace("…", str(to.id))


def _claiming(to: StreamRef, claimed: StreamRef, version: int) -> Append:
    return Append(stream=to, events=[change(to)], expected_version=ANY_VERSION, claims=(Claim(claimed, version),))


async def _versions(connection: asyncpg.Connection, *streams: StreamRef) -> list[int]:
    return [
        await connection.fetchval("SELECT version FROM modelbox.streams WHERE id = $1", stream.id) for stream in streams
    ]
