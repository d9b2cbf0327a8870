"""What hangs on objects of any kind, as answers show it.

Must not know: the kinds of object.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.limits import BUILT_ON_LOOP_BYTES_MAX, FILES_SHOWN_MAX, PAGE_BYTES_MAX
from modelbox_projections import ArtifactRow, Attached, Views


class _Row(Protocol):
    @property
    def id(self) -> UUID: ...


Row = TypeVar("Row", bound=_Row)
Item = TypeVar("Item")

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
    attached = await views.attached.of_page(ids, bytes_max=PAGE_BYTES_MAX, keys_max=keys_max)
    with_files = [object_id for object_id, found in attached.items() if found.has_files]
    files = await views.artifacts.of_many(with_files, limit=FILES_SHOWN_MAX) if with_files else {}
    return {object_id: Shown(found, files.get(object_id, ()), call.takes_json) for object_id, found in attached.items()}


async def built(make: Callable[[Row, Shown], Item], rows: Iterable[Row], shown: Mapping[UUID, Shown]) -> list[Item]:
    """Make the messages of objects, in another thread if there is much to write: it takes up to a second a megabyte."""

    def build() -> list[Item]:
        return [make(row, shown[row.id]) for row in rows]

    if sum(each.attached.size for each in shown.values()) <= BUILT_ON_LOOP_BYTES_MAX:
        return build()
    return await asyncio.to_thread(build)
