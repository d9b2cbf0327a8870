"""What the creation of an object says that the object was made with.

Must not know: any kind of object.
"""

from typing import Final, NamedTuple
from uuid import UUID

PRODUCED: Final = "produced"
"""Relation of a run or experiment to what came of it."""


class Node(NamedTuple):
    """What can be made, or made with."""

    type: str
    name: str
    namespace: str


class Origin(NamedTuple):
    """What an object was made with, and how; `node` describes it where it is no object of its own."""

    id: UUID
    relation: str
    node: Node | None = None
