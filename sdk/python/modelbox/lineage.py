"""Lineage: what was made with what."""

from dataclasses import dataclass
from enum import StrEnum

from modelbox.errors import ServerError
from modelbox.proto import modelstore_pb2 as pb


class Direction(StrEnum):
    """Where to look from an object: at what it was made with, at what was made with it, or at both."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class LineageNode:
    """Something that was made or used.

    `type` is the kind of an object, such as "run", or "code", whose name is its repository and commit.
    """

    id: str
    type: str
    name: str
    namespace: str


@dataclass(frozen=True, slots=True)
class LineageEdge:
    """The object `to_id` was made with `from_id`; `relation` says how, such as "training"."""

    from_id: str
    to_id: str
    relation: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """What an object was made with and what was made with it.

    `truncated` says that there is more than one answer holds: ask with less depth, or from a node further on.
    """

    nodes: tuple[LineageNode, ...]
    edges: tuple[LineageEdge, ...]
    truncated: bool

    def node(self, id: str) -> LineageNode | None:  # noqa: A002  # as everywhere else
        """Return the node with this id, None if it is not in here."""
        return next((node for node in self.nodes if node.id == id), None)


def lineage_of(response: pb.GetLineageResponse) -> Lineage:
    """Return the lineage that the wire describes.

    Raises:
        ServerError: It has an edge without one of its ends.
    """
    nodes = tuple(LineageNode(node.id, node.type, node.name, node.namespace) for node in response.nodes)
    edges = tuple(LineageEdge(edge.from_id, edge.to_id, edge.relation) for edge in response.edges)
    known = {node.id for node in nodes}
    if not all(edge.from_id in known and edge.to_id in known for edge in edges):
        raise ServerError("the server answers with a lineage that lacks an end of one of its edges")
    return Lineage(nodes, edges, response.truncated)
