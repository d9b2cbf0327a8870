"""What the views know of one object, whatever its kind.

Must not know: any method, any kind of object.
"""

from typing import TypeVar
from uuid import UUID

from modelbox_events import StreamRef
from modelbox_events.event import Kind
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_projections.objects.queries import ObjectRow, Objects

Row = TypeVar("Row", bound=ObjectRow)


async def current_row(backend: Backend, call: Call, stream: StreamRef) -> ObjectRow:
    """Return what is known of an object after everything that was recorded before this moment.

    It is for answers to writes that found everything as it should be.

    Raises:
        NotCaughtUpError: The views did not get there in time.
    """
    view = backend.services.views.objects_of(stream.type)
    await backend.freshness.reached_head(call, (view.name,))
    row = await view.get(stream.id)
    if row is None:
        raise ObjectNotFoundError("id", stream.type, str(stream.id))
    return row


async def known_row(
    backend: Backend, call: Call, kind: Kind, object_id: UUID, *, view: Objects[Row], field: str
) -> Row:
    """Return an object that the log knows, for what never changes of it, such as where it was created.

    Args:
        backend: Where to look.
        call: The call.
        kind: The object's.
        object_id: The object.
        view: The one that has the objects of this kind.
        field: Where the request names it.

    Raises:
        NotCaughtUpError: The view did not come to it in time.
    """
    row = await view.get(object_id)
    if row is None:
        await backend.freshness.reached_head(call, (view.name,))
        row = await view.get(object_id)
    if row is None:
        raise ObjectNotFoundError(field, kind, str(object_id))
    return row
