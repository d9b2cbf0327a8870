# mypy: disable-error-code="attr-defined,import-not-found"
# pyright: reportMissingImports=false, reportAttributeAccessIssue=false
# What is imported of the toy is found beside the real packages only when it runs.
"""Toys: what a request creates, and the event that records it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from modelbox_events.event import StreamRef
from modelbox_events.ids import object_id
from modelbox_events.types.toy import TOY, ToyCreated
from modelbox_gateway.rules.creation import Creation
from modelbox_gateway.rules.kinds import KindRules

KIND: Final = KindRules(kind=TOY, texts=("owner",))


class CreateToy(msgspec.Struct, frozen=True, kw_only=True):
    """Create a toy; its name is unique in the namespace. `run` is the one that made it, if any."""

    namespace: str
    name: str
    owner: str = ""
    color: str = ""
    wheels: int | None = None
    run: StreamRef | None = None
    labels: dict[str, str] = {}
    metadata: dict[str, Any] = {}

    @property
    def stream(self) -> StreamRef:
        """The toy's stream."""
        return StreamRef(self.namespace, TOY, toy_id(self.namespace, self.name))


def toy_id(namespace: str, name: str) -> UUID:
    """Return the id that a namespace and a name make."""
    return object_id(TOY, namespace, name)


def creation(command: CreateToy) -> Creation[Any]:
    """Return what is to be recorded."""
    created = ToyCreated(
        toy_id=command.stream.id,
        name=command.name,
        owner=command.owner,
        color=command.color,
        wheels=command.wheels,
        parts=[],
        run_id=command.run.id if command.run else None,
        labels=command.labels,
        metadata=command.metadata,
        hyperparameters={},
        files=[],
    )
    parents: Mapping[str, StreamRef] = {} if command.run is None else {"run_id": command.run}
    return Creation(stream=command.stream, event=created, key_field="name", parents=parents)
