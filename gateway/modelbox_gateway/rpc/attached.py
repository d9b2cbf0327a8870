"""What hangs on objects of any kind, as answers show it.

Must not know: the kinds of object.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from modelbox_gateway.rpc.limits import FILES_SHOWN_MAX
from modelbox_projections import ArtifactRow, Attached, Views

ATTACHED_VIEWS: Final = ("metadata", "artifacts", "metrics", "hyperparameters")
"""The views that `attached_to` reads."""


class Shown(NamedTuple):
    """What answers show of what hangs on one object: of its files, the newest."""

    attached: Attached
    files: Sequence[ArtifactRow]


async def attached_to(views: Views, ids: Sequence[UUID]) -> dict[UUID, Shown]:
    """Return what hangs on each of these objects."""
    attached = await views.attached.of_many(ids)
    with_files = [object_id for object_id, found in attached.items() if found.has_files]
    files = await views.artifacts.of_many(with_files, limit=FILES_SHOWN_MAX) if with_files else {}
    return {object_id: Shown(found, files.get(object_id, ())) for object_id, found in attached.items()}
