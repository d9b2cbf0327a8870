"""Reads the artifacts of objects."""

from collections.abc import Sequence
from datetime import datetime
from typing import NewType
from uuid import UUID

import msgspec

from modelbox_events import Database, Position
from modelbox_projections.artifacts import STATEMENTS
from modelbox_projections.limits import POSITION_MAX

ArtifactOrdinal = NewType("ArtifactOrdinal", int)
"""Orders artifacts by when they came; several can come with one event, so a position would not do."""


class ArtifactRow(msgspec.Struct, frozen=True):
    """A file that belongs to an object.

    Of an uploaded one the bytes are kept here and `checksum` is their SHA-256 (hex). Of a tracked one `checksum` is
    what its keeper said, `size` is 0, `sha256` and `md5` are empty. `created_at` is when it last became the newest
    under its path.
    """

    id: UUID
    parent_id: UUID
    namespace: str
    path: str
    file_type: str
    checksum: str
    size: int
    sha256: str
    md5: str
    uploaded: bool
    created_at: datetime
    created_position: Position
    place: ArtifactOrdinal


class Artifacts:
    """The view of artifacts."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def get(self, file_id: UUID) -> ArtifactRow | None:
        """Return the artifact with this id."""
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(STATEMENTS["get"], file_id)
        return ArtifactRow(**row) if row else None

    async def get_many(self, file_ids: Sequence[UUID]) -> dict[UUID, ArtifactRow]:
        """Return those artifacts of these ids that there are."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["get_many"], file_ids)
        return {row["id"]: ArtifactRow(**row) for row in rows}

    async def uploaded_copy(self, namespace: str, sha256: str, size: int) -> ArtifactRow | None:
        """Return an artifact of the namespace that has these bytes, if they were uploaded to one.

        Args:
            namespace: Where to look: that another namespace has the bytes is no business of this one.
            sha256: Of the bytes, in lower-case hexadecimal.
            size: Of the bytes.
        """
        async with self._database.acquire() as connection:
            row = await connection.fetchrow(STATEMENTS["get_uploaded_copy"], namespace, sha256, size)
        return ArtifactRow(**row) if row else None

    async def newest(self, parent_id: UUID, paths: Sequence[str], *, uploaded: bool) -> set[UUID]:
        """Return the ids of the uploaded, or tracked, artifacts of an object that are the newest under these paths."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["get_newest"], parent_id, list(paths), uploaded)
        return {row["id"] for row in rows}

    async def sha256s(self, namespace: str, *, size: int, limit: int) -> list[str]:
        """Return the SHA-256, each once and at most `limit`, of the namespace's uploaded artifacts with this size."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["get_sha256s"], namespace, size, limit)
        return [row["sha256"] for row in rows]

    async def named(self, sha256s: Sequence[str]) -> set[str]:
        """Return those of these SHA-256 (lower-case hexadecimal) that an artifact of any namespace has."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["get_named"], list(sha256s))
        return {row["sha256"] for row in rows}

    async def of(self, parent_id: UUID, *, limit: int, before: ArtifactOrdinal | None = None) -> list[ArtifactRow]:
        """Return an object's newest artifacts, newest first; of a further page, those before the last one's place."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(
                STATEMENTS["of"], parent_id, POSITION_MAX if before is None else before, limit
            )
        return [ArtifactRow(**row) for row in rows]

    async def of_many(self, parent_ids: Sequence[UUID], *, limit: int) -> dict[UUID, list[ArtifactRow]]:
        """Return the newest artifacts of several objects, at most `limit` of each; each object is in the answer."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["of_many"], list(parent_ids), limit)
        found: dict[UUID, list[ArtifactRow]] = {parent_id: [] for parent_id in parent_ids}
        for row in rows:
            found[row["parent_id"]].append(ArtifactRow(**row))
        return found
