"""Leases: a row that a process renews while it lives, judged by Postgres's clock alone.

A lease says which format of the log its process reads. Once every process that lives reads the next, one of them lets
the log hold it.

Must not know: the wire.
"""

import asyncio
import contextlib
import socket
from typing import Final, Self
from uuid import UUID

import msgspec
import structlog

from modelbox_events import Database, Log, LogUnavailableError, migrate, new_id
from modelbox_events.component import Component
from modelbox_events.limits import READS_LEVEL
from modelbox_events.outage import Outage
from modelbox_events.statements import load

RENEW_INTERVAL_S: Final = 5.0
"""How often a process renews its lease."""

STALE_AFTER_S: Final = 30.0
"""How old a lease may be before its process counts as gone."""

LEVEL_WAIT_S: Final = 40.0
"""How long every lease must have said so before the log's format is raised: all that live have renewed theirs by then,
also where a crash of Postgres had emptied the table."""

_STATEMENTS: Final = load("modelbox_gateway.members")

_log = structlog.get_logger()


class Member(msgspec.Struct, frozen=True):
    """A process of the service: an id of its own, its host, and its addresses; no `rpc_addr` if it takes no calls."""

    id: UUID
    host_name: str
    rpc_addr: str
    http_addr: str

    @classmethod
    def here(cls, rpc_addr: str, http_addr: str) -> Self:
        """Return this process as a new member."""
        return cls(new_id(), socket.gethostname(), rpc_addr, http_addr)


async def prepare_members(dsn: str) -> None:
    """Apply this component's migrations. The log's come first.

    Raises:
        MigrationError: The database is ahead of this version.
        LogUnavailableError: Postgres does not answer.
    """
    await migrate(dsn, Component("gateway", "modelbox_gateway.members"))


class Members:
    """The processes that hold a lease and take calls."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def list(self) -> list[Member]:
        """Return those whose lease is at most `STALE_AFTER_S` old, by host and address.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        async with self._database.acquire() as connection:
            rows = await connection.fetch(_STATEMENTS["list"], STALE_AFTER_S)
        return [Member(*row) for row in rows]


class Lease:
    """The lease of one process, from `renew` or `keep` on until `leave`."""

    def __init__(self, log: Log, member: Member, *, level_wait_s: float = LEVEL_WAIT_S) -> None:
        """Hold it in the log's database."""
        self._log = log
        self._database = log.database
        self._member = member
        self._level_wait_s = level_wait_s
        self._raisable_since: float | None = None
        self._left = asyncio.Event()
        self._outage = Outage()
        self._writing = asyncio.Lock()  # a renewal under way must not bring back the row that `leave` removes

    async def renew(self) -> None:
        """Renew the lease once; after `leave` do nothing.

        Raises:
            LogUnavailableError: Postgres does not answer.
        """
        member = self._member
        async with self._writing, self._database.acquire() as connection:
            if self._left.is_set():
                return
            lowest = await connection.fetchval(
                _STATEMENTS["renew"],
                member.id,
                member.host_name,
                member.rpc_addr,
                member.http_addr,
                STALE_AFTER_S,
                READS_LEVEL,
            )
        await self._raise_level(lowest)

    async def _raise_level(self, lowest: int) -> None:
        """Let the log hold what all living processes read, once they have all said so for a while."""
        now = asyncio.get_running_loop().time()
        if lowest <= self._log.head.format_level:
            self._raisable_since = None
        elif self._raisable_since is None:
            self._raisable_since = now
        elif now - self._raisable_since >= self._level_wait_s:
            await self._log.raise_format_level(lowest)
            _log.info("format_level_raised", level=lowest)

    async def keep(self) -> None:
        """Renew the lease every `RENEW_INTERVAL_S` until `leave`."""
        while not self._left.is_set():
            try:
                await self.renew()
            except LogUnavailableError as error:
                self._outage.warn("member_lease_not_renewed", error)
            else:
                self._outage.end("member_lease_renewed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RENEW_INTERVAL_S):
                    await self._left.wait()

    async def leave(self) -> None:
        """Give up the lease. Where Postgres does not answer it becomes stale by itself."""
        self._left.set()
        try:
            async with self._writing, self._database.acquire() as connection:
                await connection.execute(_STATEMENTS["remove"], self._member.id)
        except LogUnavailableError as error:
            _log.warning("member_lease_left_behind", error=error.problem)
