# mypy: disable-error-code="attr-defined,import-not-found"
# pyright: reportMissingImports=false
# What is imported of the toy is found beside the real packages only when it runs.
"""Toys: what is known of each, how they are read, and what can be searched for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Final
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_events.types.toy import ToyCreated
from modelbox_projections.lineage.origin import PRODUCED, Origin
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.objects.queries import Objects
from modelbox_projections.search.fields import ids, texts, wholes
from modelbox_projections.toys import STATEMENTS


class ToyRow(msgspec.Struct, frozen=True):
    """A toy; `run_id` is the run that made it."""

    id: UUID
    namespace: str
    name: str
    owner: str
    color: str
    wheels: int | None
    parts: list[dict[str, Any]]
    run_id: UUID | None
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Toys(Objects[ToyRow]):
    """The view of toys."""

    name: ClassVar = "toys"
    row_type: ClassVar = ToyRow


def _made_with(created: ToyCreated) -> Iterator[Origin]:
    if created.run_id is not None:
        yield Origin(created.run_id, PRODUCED)


KIND: Final = ObjectKind(
    creation=ToyCreated,
    reads=Toys,
    code_version=1,
    statements=STATEMENTS,
    own=("color", "wheels", "parts", "run_id"),
    fields={**texts("name", "owner", "color"), **wholes("wheels"), **ids("run_id", nullable=True)},
    aliases={"colour": "color"},
    counts=True,
    made_with=_made_with,
)
