"""What the views know of one object, whatever its kind.

Must not know: which kinds there are.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from modelbox_events import Position, StreamRef
from modelbox_events.event import Kind
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_projections import Views

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)


class ObjectRow(Protocol):
    """What the views know of objects of all kinds."""

    namespace: str
    updated_at: datetime
    deleted_at: datetime | None
    created_position: Position


class ObjectsView(Protocol[Row_co]):
    """The view of the objects of one kind."""

    async def get(self, object_id: UUID, /) -> Row_co | None:
        """Return one of them."""
        ...

    async def of_many(self, object_ids: Sequence[UUID], /) -> Mapping[UUID, Row_co]:
        """Return those of these that there are, in the order of the ids."""
        ...


def view_name(kind: Kind) -> str:
    """Return the name of the view that has the objects of a kind."""
    return f"{kind}s"


def objects_of(views: Views, kind: Kind) -> ObjectsView[ObjectRow]:
    """Return the view that has the objects of a kind."""
    found: ObjectsView[ObjectRow] = getattr(views, view_name(kind))
    return found


async def current_row(backend: Backend, call: Call, stream: StreamRef) -> ObjectRow:
    """Return what is known of an object after everything that was recorded before this moment.

    It is for answers to writes that found everything as it should be.

    Raises:
        NotCaughtUpError: The views did not get there in time.
    """
    await backend.freshness.reached_head(call, (view_name(stream.type),))
    row = await objects_of(backend.services.views, stream.type).get(stream.id)
    if row is None:
        raise ObjectNotFoundError("id", stream.type, str(stream.id))
    return row


async def known_row(
    backend: Backend, call: Call, kind: Kind, object_id: UUID, *, view: ObjectsView[Row], field: str
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
        await backend.freshness.reached_head(call, (view_name(kind),))
        row = await view.get(object_id)
    if row is None:
        raise ObjectNotFoundError(field, kind, str(object_id))
    return row
