"""Recording of an object's files, uploaded in whatever way or tracked elsewhere: the last one under a path counts."""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from modelbox_events import ChangeEvent, StreamRef
from modelbox_events.types.artifact import ArtifactUploaded
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.files import Superseded
from modelbox_gateway.commands.result import Result
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_projections import NotCaughtUpError
from modelbox_projections.artifacts.queries import Artifacts

_VIEWS: Final = ("artifacts",)


async def record_uploads(
    backend: Backend,
    call: Call,
    stream: StreamRef,
    uploads: Sequence[ArtifactUploaded],
    *,
    caller: Caller,
    field: str,
) -> Result[ChangeEvent]:
    """Record uploads of one object, all or none, and answer the call with that."""
    superseded = superseded_in(backend, call, uploaded=True)
    result = await backend.files.record_uploads(stream, uploads, caller, field=field, superseded=superseded)
    backend.freshness.wrote(call, result.appended)
    return result


def superseded_in(backend: Backend, call: Call, *, uploaded: bool) -> Superseded:
    """Return what tells which uploaded, or tracked, files of an object are no longer the newest under their paths."""

    async def superseded(stream: StreamRef, known: Mapping[UUID, str]) -> set[UUID]:
        # A view that is behind may lack what came last; then it is recorded again for nothing, which harms nobody.
        with contextlib.suppress(NotCaughtUpError):
            await backend.freshness.reached_head(call, _VIEWS)
            paths = list(known.values())
            return known.keys() - await backend.services.views.of(Artifacts).newest(stream.id, paths, uploaded=uploaded)
        return set(known)

    return superseded
