"""Recording of an object's files, uploaded in whatever way or tracked elsewhere: the last one under a path counts."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from modelbox_events import Appended, StreamRef
from modelbox_events.types.artifact import ArtifactUploaded
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.objects import Superseded
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
    superseded = superseded_in(backend, call, uploaded=True)
    recorded = await backend.objects.record_uploads(stream, uploads, caller, field=field, superseded=superseded)
    backend.freshness.wrote(call, recorded[1])
    return recorded


def superseded_in(backend: Backend, call: Call, *, uploaded: bool) -> Superseded:
    """Return what tells which uploaded, or tracked, files of an object are no longer the newest under their paths."""

    async def superseded(stream: StreamRef, known: Mapping[UUID, str]) -> set[UUID]:
        # A view that is behind may lack what came last; then it is recorded again for nothing, which harms nobody.
        with contextlib.suppress(NotCaughtUpError):
            await backend.freshness.reached_head(call, _VIEWS)
            paths = list(known.values())
            return known.keys() - await backend.services.views.artifacts.newest(stream.id, paths, uploaded=uploaded)
        return set(known)

    return superseded
