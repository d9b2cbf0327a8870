"""Folds what was made with what.

Users say it with a link; much of it follows from how objects are created.
"""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

import asyncpg

from modelbox_events.types.lineage import LineageLinked
from modelbox_projections.lineage import STATEMENTS
from modelbox_projections.lineage.origin import Node
from modelbox_projections.objects.creations import CREATING, kind_created
from modelbox_projections.projection import DecodedEvent, Projection, names_of, write_rows

Edge = tuple[UUID, UUID, str]
"""From, to, relation."""


def fold(events: Sequence[DecodedEvent]) -> tuple[dict[UUID, Node], dict[Edge, None]]:
    """Return the nodes and the edges that the events bring, each once, in log order."""
    nodes: dict[UUID, Node] = {}
    edges: dict[Edge, None] = {}
    for event in events:
        data = event.data
        if isinstance(data, LineageLinked):
            edges[data.from_id, data.to_id, data.relation] = None
            continue
        kind = kind_created(data)
        object_id = kind.id_of(data)
        nodes.setdefault(object_id, Node(kind.name, kind.named(data), event.recorded.namespace))
        for origin in kind.made_with(data):
            if origin.node is not None:
                nodes.setdefault(origin.id, origin.node)
            edges[origin.id, object_id, origin.relation] = None
    return nodes, edges


class LineageProjection(Projection):
    """What was made with what: nodes, and the edges between them."""

    name: ClassVar = "lineage"
    code_version: ClassVar = 1
    event_types: ClassVar = names_of(LineageLinked) | CREATING
    tables: ClassVar = ("lineage_nodes", "lineage_edges")
    relations: ClassVar = ("lineage_nodes", "lineage_edges")
    statements: ClassVar = STATEMENTS

    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change."""
        nodes, edges = fold(events)
        await write_rows(connection, STATEMENTS["insert_nodes"], [(key, *node) for key, node in nodes.items()])
        await write_rows(connection, STATEMENTS["insert_edges"], list(edges))
