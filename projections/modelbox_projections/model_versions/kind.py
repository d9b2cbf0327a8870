"""Model versions: what is known of each, how they are read, and what can be searched for."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

import msgspec

from modelbox_events import Position
from modelbox_events.types.model_version import ModelVersionCreated
from modelbox_projections.lineage.origin import PRODUCED, Origin
from modelbox_projections.model_versions import STATEMENTS
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.objects.queries import Objects
from modelbox_projections.search.fields import Expression, FieldRule, Rows, beginning, ids, texts, word_of_any_case
from modelbox_projections.search.value_types import ValueType


class ModelVersionRow(msgspec.Struct, frozen=True):
    """A model version with the unique tags it holds, and what it was made from as far as that is known."""

    id: UUID
    model_id: UUID
    namespace: str
    version: str
    name: str
    description: str
    framework: str
    unique_tags: list[str]
    experiment_id: UUID | None
    run_id: UUID | None
    checkpoint_id: UUID | None
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class ModelVersions(Objects[ModelVersionRow]):
    """The view of model versions."""

    name: ClassVar = "model_versions"
    row_type: ClassVar = ModelVersionRow

    async def by_tag(self, model_id: UUID, tag: str) -> ModelVersionRow | None:
        """Return the model version that holds this unique tag."""
        return await self._one(STATEMENTS["get_by_tag"], model_id, tag)

    async def newest(self, model_id: UUID, *, limit: int) -> list[UUID]:
        """Return the newest versions of a model, newest first, deleted ones too."""
        return [row["id"] for row in await self._fetch(STATEMENTS["newest"], model_id, limit)]

    async def tags(self, model_id: UUID) -> list[str]:
        """Return the unique tags that versions of a model hold."""
        return [row["tag"] for row in await self._fetch(STATEMENTS["tags"], model_id)]


PROMOTED: Final = "promoted"
"""Relation of a training checkpoint to the model versions that were made of it."""


def _version() -> FieldRule:
    """Return a version, which is also a number where it is written like the whole numbers that are drawn."""
    number = Expression(
        ValueType.NUMBER, "CASE WHEN {at}.version ~ '^[0-9]{{1,15}}$' THEN {at}.version::double precision END"
    )
    text = Expression(ValueType.TEXT, "{at}.version", nullable=False)
    return FieldRule((number, text), (number, beginning(text.sql, nullable=False)))


def _tags() -> FieldRule:
    rows = Rows("modelbox_views.unique_tags", "{at}.model_version_id = held.id")
    return FieldRule((Expression(ValueType.TEXT, "{at}.tag"),), (), present="TRUE", rows=rows)


def _named(created: ModelVersionCreated) -> str:
    return f"{created.name} {created.version}"


def _made_with(created: ModelVersionCreated) -> Iterator[Origin]:
    if created.checkpoint_id is not None:
        yield Origin(created.checkpoint_id, PROMOTED)
    elif (maker := created.run_id or created.experiment_id) is not None:
        yield Origin(maker, PRODUCED)


KIND: Final = ObjectKind(
    creation=ModelVersionCreated,
    reads=ModelVersions,
    code_version=4,
    statements=STATEMENTS,
    own=("model_id", "version", "framework", "experiment_id", "run_id", "checkpoint_id"),
    fields={
        **texts("name", "description"),
        "version": _version(),
        "framework": word_of_any_case("framework"),
        "tags": _tags(),
        **ids("model_id"),
        **ids("experiment_id", "run_id", "checkpoint_id", nullable=True),
    },
    named=_named,
    made_with=_made_with,
)
