"""Recording of uploads whose bytes are durable, in whatever way they came: the last one under a path counts."""

import contextlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from modelbox_events import Appended, StreamRef
from modelbox_events.types import ArtifactUploaded
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_projections import NotCaughtUpError

_VIEWS: Final = ("artifacts",)


async def record_uploads(
    backend: Backend,
    call: Call,
    stream: StreamRef,
    uploads: Sequence[ArtifactUploaded],
    *,
    caller: Caller,
    field: str,
) -> tuple[set[UUID], Appended | None]:
    """Record uploads of one object, all or none; return the ids of the new ones, and where all are recorded."""

    async def superseded(stream: StreamRef, known: Sequence[ArtifactUploaded]) -> set[UUID]:
        # A view that is behind may lack what came last; then it is recorded again for nothing, which harms nobody.
        with contextlib.suppress(NotCaughtUpError):
            await backend.freshness.reached_head(call, _VIEWS)
            newest = await backend.services.views.artifacts.newest(stream.id, [file.path for file in known])
            return {file.id for file in known} - newest
        return {file.id for file in known}

    recorded = await backend.objects.record_uploads(stream, uploads, caller, field=field, superseded=superseded)
    backend.freshness.wrote(call, recorded[1])
    return recorded
