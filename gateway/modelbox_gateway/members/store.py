"""Which store holds the log's artifacts, remembered beside the log: all servers of a log use one.

A server with a store of its own would take files that the others cannot find, and find none of theirs. Another store is
taken as moved only while nobody else takes calls.
"""

import socket
from typing import Final

import structlog

from modelbox_events import Database, LogUnavailableError
from modelbox_events.statements import load
from modelbox_gateway.errors import BlobStoreRefusedError
from modelbox_gateway.members.lease import STALE_AFTER_S, Members

_STATEMENTS: Final = load("modelbox_gateway.members")

_TRIES: Final = 3
"""Looks at what is remembered: what another server wrote at the same moment is seen at the second."""

_log = structlog.get_logger()


class StoreOfLog:
    """What the log remembers of its store."""

    def __init__(self, database: Database) -> None:
        """Remember it in the log's database."""
        self._database = database

    async def hold(self, store_id: str, place: str) -> None:
        """Use this store for the log's artifacts, as every other server of the log does.

        Args:
            store_id: Which store it is, whatever it is called here.
            place: Where a person finds it.

        Raises:
            BlobStoreRefusedError: The servers that take calls for this log have another store.
            LogUnavailableError: Postgres does not answer.
        """
        where = f"{place} ({socket.gethostname()})"
        held, held_where, before = await self._held(store_id, where)
        if held != store_id:
            raise await self._refusal(where, held_where)
        if before is not None and before != held_where:
            consequence = "files that were not moved with it cannot be downloaded"
            _log.warning("artifact_storage_changed", before=before, now=where, consequence=consequence)

    async def _held(self, store_id: str, where: str) -> tuple[str, str, str | None]:
        arguments = (store_id, where, STALE_AFTER_S)
        async with self._database.acquire() as connection:
            for _ in range(_TRIES):
                if (rows := await connection.fetch(_STATEMENTS["hold_store"], *arguments)) and rows[0][0] is not None:
                    return rows[0][0], rows[0][1], rows[0][2]
        raise LogUnavailableError("which store holds the artifacts changes while it is looked at")

    async def _refusal(self, ours: str, theirs: str) -> BlobStoreRefusedError:
        members = await Members(self._database).list()
        living = ", ".join(f"{member.rpc_addr} on {member.host_name}" for member in members)
        problem = f"the store of artifacts here is {ours}, and the other servers of this log ({living}) use {theirs}"
        remedy = (
            "give all servers of a log one store: a shared artifact_storage_filesystem.folder, or S3; to move the "
            f"artifacts to another store, stop them first (one that was killed counts for {STALE_AFTER_S:g} s)"
        )
        return BlobStoreRefusedError(problem, remedy=remedy)
