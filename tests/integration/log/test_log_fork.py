"""A fork gives the log a new epoch: the chain goes on, and what others know of the old one is told apart."""

import asyncio

import asyncpg
import pytest

from modelbox_events import InvalidEventError, Log, LogForkedError, Position, Token, new_id, verify
from modelbox_events.database import service_role
from modelbox_events.errors import LogRewoundError
from modelbox_events.fork import fork
from modelbox_events.types.log import LOG_NAMESPACE, LogForked
from tests.integration.log_cases import append, assert_whole, stream


async def test_a_fork_begins_an_epoch_and_keeps_the_chain(log: Log, dsn: str) -> None:
    """The genesis stays, the reason is recorded at the next position, and the log verifies from its beginning."""
    before, genesis = log.log_id, log.genesis
    await log.append(append(stream(), events=3))

    begun = await fork(dsn, reason="restored a backup")

    [event] = await log.read(Position(3))
    assert log.registry.decode(event) == LogForked(
        log_id=begun.log_id, ancestor=before, position=3, reason="restored a backup"
    )
    assert (event.namespace, event.stream_id) == (LOG_NAMESPACE, genesis)
    assert (begun.number, begun.begins_after) == (1, 3)
    assert begun.log_id not in (before, genesis)
    assert (await verify(log.database)).log_id == begun.log_id
    await assert_whole(log)


async def test_a_running_process_goes_on_in_the_new_epoch(log: Log, dsn: str) -> None:
    """Its next append says so, and a process that only reads learns it as well."""
    reader = await Log.open(dsn)
    await log.append(append(stream()))

    begun = await fork(dsn, reason="a copy lives")

    assert (await log.append(append(stream()))).log_id == begun.log_id == log.log_id
    async with asyncio.timeout(30):
        while reader.log_id != begun.log_id:  # noqa: ASYNC110  # nothing tells, it is what others see
            await asyncio.sleep(0.02)
    assert [epoch.number for epoch in reader.epochs.ancestors] == [0]
    await reader.close()


async def test_tokens_from_before_a_fork_stay_valid_and_later_ones_of_the_old_epoch_do_not(log: Log, dsn: str) -> None:
    first = await log.append(append(stream(), events=2))
    beyond = Token(first.log_id, Position(3))
    await fork(dsn, reason="restored a backup")
    later = await log.append(append(stream()))

    for token in (first.token, first.token.without_hash(), Token(first.log_id, Position(1)), later.token):
        assert await log.chain_hashes.check(token) == token.position
    with pytest.raises(LogRewoundError):
        await log.chain_hashes.check(beyond)
    with pytest.raises(LogForkedError):
        await log.chain_hashes.check(Token(new_id(), Position(1)))


async def test_a_fork_of_a_fork_knows_all_its_ancestors(log: Log, dsn: str) -> None:
    ids = [log.log_id]
    for number in range(3):
        await log.append(append(stream()))
        ids.append((await fork(dsn, reason=f"fork {number}")).log_id)

    again = await Log.open(dsn)

    assert [epoch.log_id for epoch in again.epochs.all] == ids
    assert [epoch.begins_after for epoch in again.epochs.all] == [0, 1, 3, 5]
    await again.close()


async def test_appends_and_forks_at_once_leave_the_log_whole(log: Log, dsn: str) -> None:
    to = stream()
    appending = [asyncio.create_task(log.append(append(to))) for _ in range(60)]
    forked = await asyncio.gather(*(fork(dsn, reason="r") for _ in range(3)))
    results = await asyncio.gather(*appending)

    events = await assert_whole(log)
    assert len(events) == len(results) + len(forked)
    ids = {int(result.last_position): result.log_id for result in results}
    for event in events:
        if event.type != "LogForked":
            epoch = [e for e in log.epochs.all if e.begins_after < event.position][-1]
            assert ids[event.position] == epoch.log_id


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001])
async def test_a_fork_without_a_reason_is_refused(log: Log, dsn: str, reason: str) -> None:
    with pytest.raises(InvalidEventError, match="reason"):
        await fork(dsn, reason=reason)
    assert (await log.read_head()).position == 0


async def test_the_service_cannot_give_the_log_another_id(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"SET ROLE {await service_role(dsn)}")
    for statement in ("UPDATE modelbox.log_head SET log_id = gen_random_uuid()", "DELETE FROM modelbox.epochs"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()
