"""What was redacted is told by no view, whoever was killed when."""

import asyncio

from modelbox_events import Log, Position
from modelbox_events.redaction import redact
from modelbox_projections import PROJECTIONS, outdate, prepare, rebuild, renew_outdated, verify
from modelbox_projections.errors import RebuildRunningError
from tests.integration.log_cases import append, stream
from tests.integration.projections_support import WAIT_S, running

SECRET = "hunter2-3f9c"


async def _told(log: Log) -> list[str]:
    async with log.database.acquire() as connection:
        rows = await connection.fetch("SELECT value::text AS value FROM modelbox_views.metadata")
    return [row["value"] for row in rows]


async def _is_right(log: Log, name: str) -> bool:
    """Check a view, once the rebuild that has swapped it has put away the one before."""
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                return (await verify(log, name)).equal
            except RebuildRunningError:
                await asyncio.sleep(0.05)


async def test_views_are_rebuilt_though_who_redacted_was_killed(dsn: str, log: Log) -> None:
    """The redaction itself marks them: nothing has to come after its commit."""
    await prepare(dsn)
    await log.append(append(stream(), value=SECRET))
    async with running(log, PROJECTIONS) as runner:
        await runner.cursors.wait(["metadata"], log.head.position, timeout_s=WAIT_S)
        assert await _told(log) == [f'"{SECRET}"']

        await redact(dsn, Position(1), reason="a password was logged", also=outdate)

        async with asyncio.timeout(WAIT_S):
            while await _told(log):  # noqa: ASYNC110  # no one tells when a view was swapped
                await asyncio.sleep(0.05)
        await runner.cursors.wait(["metadata"], log.head.position, timeout_s=WAIT_S)
        await log.append(append(stream(), value="new"))
        await runner.cursors.wait(["metadata"], log.head.position, timeout_s=WAIT_S)
        assert await _told(log) == ['"new"']
        assert await _is_right(log, "metadata")


async def test_what_is_outdated_is_renewed_and_a_rebuild_under_way_does_not_bring_it_back(dsn: str, log: Log) -> None:
    """Without a server; one that was filled half from the log as it was is begun anew."""
    await prepare(dsn)
    await log.append(append(stream(), value=SECRET))
    for name in PROJECTIONS:
        await rebuild(log, name)
    await redact(dsn, Position(1), reason="a password was logged", also=outdate)

    renewed = await renew_outdated(log, timeout_s=WAIT_S)

    assert set(renewed) == {"metadata", "models"}  # the view of a kind reads what touches its objects
    assert await _told(log) == []
    assert await renew_outdated(log, timeout_s=WAIT_S) == []
