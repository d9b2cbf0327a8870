"""Folds toys, and sees them in everything that projections have: `python -m tests.toy_kind.beside THIS DSN`."""

import asyncio
import sys
from typing import Any, Final
from uuid import UUID

from modelbox_events import ChangeEvent, Log, StreamRef, object_id
from modelbox_events.event import Kind
from modelbox_events.types.artifact import TrackedFile
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.objects import ObjectDeleted, ObjectRestored
from modelbox_projections import PROJECTIONS, Scope, Views, prepare
from modelbox_projections.artifacts.queries import Artifacts
from modelbox_projections.attached.queries import AttachedView
from modelbox_projections.lineage.queries import LineageView
from modelbox_projections.metadata.queries import Metadata
from modelbox_projections.namespaces.queries import Namespaces
from modelbox_projections.objects.kinds import KINDS
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.search.queries import Search
from tests.integration.projections.projections_objects import updated
from tests.integration.projections_support import NAMESPACE, append, assert_rows_are_what_the_log_gives, settled

KIND: Final[Kind] = "toy"
TOY: Final = StreamRef(NAMESPACE, KIND, object_id(KIND, NAMESPACE, "car"))
RUN_ID: Final = UUID(int=5)
FILE: Final = TrackedFile(id=UUID(int=6), path="s3://car", file_type="MODEL", checksum="1")


async def main(dsn: str) -> None:
    """Create a toy, have everything happen to it that can, and look at each view of it."""
    assert "toys" in PROJECTIONS
    toy: ObjectKind[Any] = KINDS[KIND]
    await prepare(dsn)
    log = await Log.open(dsn)
    created: ChangeEvent = toy.creation(
        toy_id=TOY.id, name="car", owner="ada", color="red", wheels=4, parts=[{"name": "wheel"}], run_id=RUN_ID,
        labels={"kept": "1", "goes": "1"}, metadata={"a": 1}, hyperparameters={"lr": 0.5}, files=[FILE],
    )  # fmt: skip
    await append(log, TOY, created)
    await see_it_created(await settled(log))
    await append(log, TOY, updated(TOY.id, owner="bob", labels={"new": "2"}, labels_removed=["goes"]))
    await append(log, TOY, MetadataUpdated(object_id=TOY.id, metadata={"b": 2}))
    await see_it_updated(await settled(log))
    await append(log, TOY, ObjectDeleted(object_id=TOY.id))
    await see_it_deleted(await settled(log))
    await append(log, TOY, ObjectRestored(object_id=TOY.id))
    assert await found(await settled(log), "") == [TOY.id]
    await assert_rows_are_what_the_log_gives(log)
    await log.close()


async def see_it_created(views: Views) -> None:
    row: Any = await views.objects_of(KIND).get(TOY.id)
    assert row == await views.of(KINDS[KIND].reads).get(TOY.id)
    assert (row.name, row.owner, row.color, row.wheels, row.run_id) == ("car", "ada", "red", 4, RUN_ID)
    assert (row.parts, row.labels, row.deleted_at) == ([{"name": "wheel"}], {"kept": "1", "goes": "1"}, None)
    attached = (await views.of(AttachedView).of_many([TOY.id]))[TOY.id]
    assert (attached.metadata, attached.hyperparameters) == ({"a": b"1"}, {"lr": b"0.5"})
    assert [file.id for file in await views.of(Artifacts).of(TOY.id, limit=2)] == [FILE.id]
    assert await found(views, "color = 'red' and wheels = 4 and labels.kept = '1' and params.lr > 0.1") == [TOY.id]
    assert await found(views, "colour = 'blue' or wheels < 4") == []
    lineage = await views.of(LineageView).of(TOY.id)
    assert [(node.id, node.type, node.name) for node in lineage.nodes] == [(TOY.id, KIND, "car"), (RUN_ID, "", "")]
    assert [(edge.from_id, edge.to_id, edge.relation) for edge in lineage.edges] == [(RUN_ID, TOY.id, "produced")]
    [namespace] = await views.of(Namespaces).list(limit=2)
    assert (namespace.name, namespace.objects, namespace.holds_anything) == (NAMESPACE, {KIND: 1}, True)
    assert await views.of(Namespaces).holds_anything(NAMESPACE, recursive=False)


async def see_it_updated(views: Views) -> None:
    row: Any = await views.objects_of(KIND).get(TOY.id)
    assert (row.owner, row.labels) == ("bob", {"kept": "1", "new": "2"})
    assert row.created_at < row.updated_at
    assert await views.of(Metadata).of(TOY.id) == {"a": b"1", "b": b"2"}


async def see_it_deleted(views: Views) -> None:
    row = await views.objects_of(KIND).get(TOY.id)
    assert row is not None
    assert row.deleted_at is not None
    assert await found(views, "") == []
    [namespace] = await views.of(Namespaces).list(limit=2)
    assert (namespace.objects, namespace.holds_anything) == ({KIND: 0}, False)


async def found(views: Views, text: str) -> list[UUID]:
    return [item.id for item in await views.of(Search).page(KIND, Scope(namespace=NAMESPACE), filter=text, limit=9)]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
