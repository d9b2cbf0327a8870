"""What hangs on objects of any kind, as answers show it.

Must not know: any method, any kind of object.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from google.protobuf.internal.containers import RepeatedCompositeFieldContainer

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import BUILT_ON_LOOP_BYTES_MAX, FILES_SHOWN_MAX, PAGE_BYTES_MAX
from modelbox_projections import ArtifactRow, Attached, Views
from modelbox_projections.artifacts.queries import Artifacts
from modelbox_projections.attached.queries import AttachedView
from modelbox_projections.objects.queries import ObjectRow, Objects

Row = TypeVar("Row", bound=ObjectRow)
Item = TypeVar("Item")


class _Keyed(Protocol):
    """The message of an object with metrics and hyperparameters."""

    @property
    def metrics(self) -> RepeatedCompositeFieldContainer[pb.MetricSummary]: ...

    @property
    def hyperparameters(self) -> RepeatedCompositeFieldContainer[pb.Hyperparameter]: ...


ATTACHED_VIEWS: Final = ("metadata", "artifacts", "metrics", "hyperparameters")
"""The views that `attached_to` reads."""


class Shown(NamedTuple):
    """What answers show of what hangs on one object: of its files, the newest.

    Its metadata as JSON alone where the caller reads that: as protobuf's values it takes a hundred times as long to
    write.
    """

    attached: Attached
    files: Sequence[ArtifactRow]
    as_json: bool


async def attached_to(
    views: Views, ids: Sequence[UUID], call: Call, *, keys_max: int | None = None
) -> dict[UUID, Shown]:
    """Return what hangs on these objects, in their order: on as many as a page has room for, at least one.

    Args:
        keys_max: Of each at most so many metrics and hyperparameters.
    """
    attached = await views.of(AttachedView).of_page(ids, bytes_max=PAGE_BYTES_MAX, keys_max=keys_max)
    with_files = [object_id for object_id, found in attached.items() if found.has_files]
    files = await views.of(Artifacts).of_many(with_files, limit=FILES_SHOWN_MAX) if with_files else {}
    return {object_id: Shown(found, files.get(object_id, ()), call.takes_json) for object_id, found in attached.items()}


async def built(make: Callable[[Row, Shown], Item], rows: Iterable[Row], shown: Mapping[UUID, Shown]) -> list[Item]:
    """Make the messages of objects, in another thread if there is much to write: it takes up to a second a megabyte."""

    def build() -> list[Item]:
        return [make(row, shown[row.id]) for row in rows]

    if sum(each.attached.size for each in shown.values()) <= BUILT_ON_LOOP_BYTES_MAX:
        return build()
    return await asyncio.to_thread(build)


async def object_messages(
    views: Views,
    ids: Sequence[UUID],
    call: Call,
    *,
    view: Objects[Row],
    make: Callable[[Row, Shown], Item],
    keys_max: int | None = None,
) -> list[Item]:
    """Return the messages of objects of one kind, in the order of their ids: of as many as a page has room for.

    Args:
        views: What hangs on them is read from these.
        ids: The objects.
        call: The call.
        view: The one that has the objects of this kind.
        make: Makes the message of one.
        keys_max: Of each at most so many metrics and hyperparameters.
    """
    shown = await attached_to(views, ids, call, keys_max=keys_max)
    rows = await view.of_many(list(shown))
    return await built(make, rows.values(), shown)


def fill_keys(message: _Keyed, attached: Attached) -> None:
    """Put metrics and hyperparameters into a message, field by field: half the time of messages that are then copied.

    Lists have most of their time in it.
    """
    for row in attached.metrics:
        summary = message.metrics.add()
        summary.key = row.key
        summary.latest = row.latest
        summary.min = row.min
        summary.max = row.max
        summary.points = row.points
        summary.step = row.latest_step
    for name, value in attached.hyperparameters.items():
        hyperparameter = message.hyperparameters.add()
        hyperparameter.name = name
        hyperparameter.json = value.decode()
