"""Reads what was made with what."""

from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from modelbox_events import Database
from modelbox_projections.limits import LINEAGE_DEPTH_MAX, LINEAGE_EDGES_PER_NODE, LINEAGE_NODES_MAX
from modelbox_projections.lineage import STATEMENTS

READ_TIMEOUT_S: Final = 60.0
"""A walk over many thousand nodes takes longer than other reads may."""


class LineageNode(msgspec.Struct, frozen=True):
    """An object, or the code of a commit (type "code"); the type is empty if nothing is known of it."""

    id: UUID
    type: str
    name: str
    namespace: str


class LineageEdge(msgspec.Struct, frozen=True):
    """`to_id` was made with `from_id`; `relation` says how."""

    from_id: UUID
    to_id: UUID
    relation: str


class Lineage(msgspec.Struct, frozen=True):
    """Nodes, nearest first, and all edges between them; `truncated` says that there is more than was asked for."""

    nodes: list[LineageNode]
    edges: list[LineageEdge]
    truncated: bool


class LineageView:
    """The view of lineage."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    async def of(
        self,
        object_id: UUID,
        *,
        upstream: bool = True,
        downstream: bool = True,
        depth: int = 0,
        limit: int = LINEAGE_NODES_MAX,
    ) -> Lineage:
        """Return an object with what it was made with (upstream) and what was made with it (downstream).

        Args:
            object_id: The object; it is the first node of the answer.
            upstream: Whether to go there.
            downstream: Whether to go there. What else came of what the object was made with is no part of it.
            depth: At most this many steps; 0, and more than `LINEAGE_DEPTH_MAX`, mean any number.
            limit: At most this many nodes, and `LINEAGE_EDGES_PER_NODE` times as many edges.
        """
        steps = depth if depth <= LINEAGE_DEPTH_MAX else 0
        edges_max = limit * LINEAGE_EDGES_PER_NODE
        arguments = (object_id, upstream, downstream, steps, limit + 1, edges_max + 1)
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["of"], *arguments, timeout=READ_TIMEOUT_S)
        return _lineage(rows, limit, edges_max)

    async def find(self, first: UUID, last: UUID, *, limit: int) -> list[LineageNode]:
        """Return the objects whose ids lie between two ids, these among them, by id; at most `limit`."""
        async with self._database.acquire() as connection:
            rows = await connection.fetch(STATEMENTS["find"], first, last, limit)
        return [LineageNode(row["id"], row["type"], row["name"], row["namespace"]) for row in rows]


def _lineage(rows: list[asyncpg.Record], limit: int, edges_max: int) -> Lineage:
    nodes = [LineageNode(row["id"], row["type"], row["name"], row["namespace"]) for row in rows if row["id"]]
    edges = [LineageEdge(row["from_id"], row["to_id"], row["relation"]) for row in rows if not row["id"]]
    truncated = len(nodes) > limit or len(edges) > edges_max
    kept = {node.id for node in nodes[:limit]}
    between = [edge for edge in edges if edge.from_id in kept and edge.to_id in kept]
    return Lineage(nodes[:limit], between[:edges_max], truncated)
