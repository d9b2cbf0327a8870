"""Folds what was made with what.

Users say it with a link; much of it follows from how objects are created.

Must not know: who asks for it.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final
from uuid import UUID

import asyncpg

from modelbox_events import ChangeEvent, RecordedEvent, object_id
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.dataset import DatasetCreated
from modelbox_events.types.experiment import ExperimentCreated
from modelbox_events.types.lineage import LineageLinked
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated
from modelbox_events.types.run import RunCreated
from modelbox_projections.lineage import STATEMENTS
from modelbox_projections.objects.creations import CREATING, Creation, created_id
from modelbox_projections.projection import DecodedEvent, Projection, names_of, write_rows

Node = tuple[str, str, str]
"""Type, name, namespace."""
Edge = tuple[UUID, UUID, str]
"""From, to, relation."""

SOURCE: Final = "source"
"""Relation of code to the runs that were made with it."""
PRODUCED: Final = "produced"
"""Relation of a run or experiment to what came of it."""
PROMOTED: Final = "promoted"
"""Relation of a training checkpoint to the model versions that were made of it."""


def fold(events: Sequence[DecodedEvent]) -> tuple[dict[UUID, Node], dict[Edge, None]]:
    """Return the nodes and the edges that the events bring, each once, in log order."""
    nodes: dict[UUID, Node] = {}
    edges: dict[Edge, None] = {}
    for event in events:
        for key, node in _nodes_of(event.recorded, event.data):
            nodes.setdefault(key, node)
        edges |= dict.fromkeys(_edges_of(event.data))
    return nodes, edges


def _nodes_of(recorded: RecordedEvent, data: ChangeEvent) -> Iterator[tuple[UUID, Node]]:
    if isinstance(data, Creation):
        yield created_id(data), (*_type_and_name(data), recorded.namespace)
    # The same commit makes runs of any namespace, so it is in none.
    if isinstance(data, RunCreated) and data.source is not None and (code := _code_of(data)) is not None:
        yield code, ("code", f"{data.source.repository}@{data.source.commit}", "")


def _type_and_name(data: Creation) -> tuple[str, str]:
    match data:
        case ExperimentCreated():
            return "experiment", data.name
        case RunCreated():
            return "run", data.name
        case CheckpointCreated():
            return "checkpoint", f"step {data.step}" if data.epoch is None else f"epoch {data.epoch}"
        case DatasetCreated():
            return "dataset", data.name
        case ModelCreated():
            return "model", data.name
        case ModelVersionCreated():
            return "model_version", f"{data.name} {data.version}"


def _edges_of(data: ChangeEvent) -> Iterator[Edge]:
    match data:
        case LineageLinked():
            yield data.from_id, data.to_id, data.relation
        case RunCreated():
            if (code := _code_of(data)) is not None:
                yield code, data.run_id, SOURCE
        case CheckpointCreated():
            yield data.run_id or data.experiment_id, data.checkpoint_id, PRODUCED
        case ModelVersionCreated():
            if data.checkpoint_id is not None:
                yield data.checkpoint_id, data.model_version_id, PROMOTED
            elif (maker := data.run_id or data.experiment_id) is not None:
                yield maker, data.model_version_id, PRODUCED
        case _:
            return


def _code_of(data: RunCreated) -> UUID | None:
    """Return the id of the code that a run was made with, if a commit says which it was."""
    source = data.source
    if source is None or not (source.repository and source.commit):
        return None
    return object_id("code", source.repository, source.commit)


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
