"""Who folds: one process of all, as long as it lives.

The leader's connection holds a session lock, and the process gives a sign of life each second, from the loop that folds
but on a connection of its own: a long fold does not keep it from that, only being frozen or cut off does. One that
stands by and sees none for `LEASE_S` ends the leader's backend, which undoes its open transaction, and takes the lock.
What the leader writes, it writes on the connection that goes with the lock.

No clock is read for that: who stands by sees that nothing comes. So a clock that jumps ends nobody.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import asyncpg
import msgspec
import structlog

from modelbox_events import Database, LogUnavailableError
from modelbox_events.database import translated
from modelbox_events.outage import Outage
from modelbox_projections.limits import BEAT_INTERVAL_S, BEAT_TIMEOUT_S, END_LEADER_S, LEASE_S, STANDBY_INTERVAL_S
from modelbox_projections.sessions import TAKEOVER
from modelbox_projections.sql import STATEMENTS

LOCK: Final = "modelbox projections"

_log = structlog.get_logger()


class Beat(msgspec.Struct, frozen=True):
    """A sign of life: its number, the leader's backend, and when that took the lock by the clock of Postgres."""

    beat: int
    pid: int
    held_since: datetime


class Lead:
    """One process's claim to lead."""

    def __init__(self, database: Database) -> None:
        """Claim nothing yet."""
        self._database = database
        self._connection: asyncpg.Connection | None = None
        self._last: Beat | None = None
        self._outage = Outage()

    async def take(self, connection: asyncpg.Connection, *, on_standby: Callable[[], None]) -> None:
        """Wait until this connection leads; it does until it ends, or `give_up` is called.

        Args:
            connection: To lead with.
            on_standby: Called while another process is seen to lead.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        watch = _Watch(self._database)
        with translated():
            # Waiting for the lock inside Postgres would hold a snapshot, so it is asked for again and again.
            while (row := await connection.fetchrow(STATEMENTS["take_lead"], LOCK)) is None:
                await watch.look(connection)
                on_standby()
                await asyncio.sleep(STANDBY_INTERVAL_S)
            self._connection, self._last = connection, Beat(*row)
            await connection.execute(STATEMENTS["forget_beats"], self._last.beat)

    def give_up(self) -> None:
        """Give no more signs of life; the lock goes with the connection, which the caller ends."""
        self._connection, self._last = None, None

    async def keep(self) -> None:
        """Give signs of life while this process leads, until cancelled. Ends the connection that lost the lock."""
        while True:
            try:
                await self._beat_always()
            except LogUnavailableError as error:
                self._outage.warn("projections_beat_failed", error)
            await asyncio.sleep(BEAT_INTERVAL_S)

    async def _beat_always(self) -> None:
        connection = await self._database.connect_alone("modelbox projections beat", {"synchronous_commit": "off"})
        try:
            while True:
                await self._beat(connection)
                self._outage.end("projections_beat_again")
                await asyncio.sleep(BEAT_INTERVAL_S)
        finally:
            connection.terminate()

    async def _beat(self, connection: asyncpg.Connection) -> None:
        held, last = self._connection, self._last
        if held is None or last is None:
            return
        arguments = (LOCK, last.pid, last.held_since, last.beat)
        with translated():
            beat = await connection.fetchval(STATEMENTS["beat"], *arguments, timeout=BEAT_TIMEOUT_S)
        if held is not self._connection:
            return
        if beat is None:
            _log.warning("projections_lead_lost", pid=last.pid)
            self.give_up()
            held.terminate()
        else:
            self._last = msgspec.structs.replace(last, beat=beat)


class _Watch:
    """What one that stands by has seen of the leader."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: Beat | None = None
        self._since = 0.0

    async def look(self, connection: asyncpg.Connection) -> None:
        """End the leader if it has given no sign of life for `LEASE_S`."""
        row = await connection.fetchrow(STATEMENTS["last_beat"])
        beat = Beat(*row) if row else None
        now = asyncio.get_running_loop().time()
        if beat != self._seen:
            self._seen, self._since = beat, now
        elif beat is not None and now - self._since >= LEASE_S:
            self._since = now
            await _end(self._database, beat)


async def _end(database: Database, beat: Beat) -> None:
    """End the backend that gave its last sign of life with `beat`, if it still leads."""
    connection = await database.connect_alone("modelbox projections takeover", TAKEOVER)
    try:
        await connection.fetchval(STATEMENTS["be_login"])  # the service's role may end no session
        ended = await connection.fetchval(
            STATEMENTS["end_leader"], LOCK, beat.pid, beat.held_since, int(END_LEADER_S * 1000)
        )
    except asyncpg.InsufficientPrivilegeError as error:
        remedy = "grant it pg_signal_backend, or let every server use the same account; a superuser's only one ends"
        _log.error("projections_leader_is_frozen", pid=beat.pid, problem=str(error), remedy=remedy)
        return
    finally:
        connection.terminate()
    if ended is not None:
        _log.warning("projections_frozen_leader_ended", pid=beat.pid, is_gone=ended)
