"""Lists of objects: a page of those that a request's filter finds, in the order it asks for.

Must not know: any method, any kind of object.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from google.protobuf.message import Message

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.event import Kind
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import KEYS_LISTED_MAX
from modelbox_gateway.rpc.lookup.missing import missing_keys, missing_namespace
from modelbox_gateway.rpc.messages.encoded import with_items
from modelbox_gateway.rpc.messages.pages import fill_page, page_size, refused_token
from modelbox_projections import Found, InvalidPageTokenError, Scope
from modelbox_projections.search.queries import Search

_SEARCHED: Final = ("metadata", "metrics", "hyperparameters")
"""What a filter or an order can look at beside the objects themselves."""


class ListRequest(Protocol):
    """What every request for a list of objects has."""

    page_size: int
    page_token: str
    filter: str
    order_by: str
    include_deleted: bool


class KeyedListRequest(Protocol):
    """What a request has whose objects have metrics and hyperparameters."""

    all_keys: bool


def keys_listed(request: KeyedListRequest) -> int | None:
    """Return how many metrics and hyperparameters of each object a list has; None means all."""
    return None if request.all_keys else KEYS_LISTED_MAX


class SearchPage(NamedTuple):
    """Objects of a page, encoded, the token of the next, empty if there is none, and what of a search nothing has."""

    items: list[bytes]
    token: str
    missing: list[pb.Missing]

    def answer(self, response: Callable[..., Message], field: str) -> bytes:
        """Return the answer to a list, encoded: a response whose repeated field has the items."""
        return with_items(response(next_page_token=self.token, missing=self.missing), field, self.items)


async def search_page(
    backend: Backend,
    call: Call,
    request: ListRequest,
    *,
    kind: Kind,
    scope: Scope,
    views: Sequence[str],
    messages_of: Callable[[Sequence[UUID], Call], Awaitable[Sequence[Message]]],
) -> SearchPage:
    """Return the objects of a page.

    Args:
        backend: Where to search.
        call: The call, which may demand a token.
        request: The filter, the order and the page.
        kind: What is listed.
        scope: Among which objects.
        views: The views that the messages are made from.
        messages_of: Makes the messages of a few objects, in the order of their ids.

    Raises:
        FilterError: The filter or the order cannot be understood.
        InvalidFieldError: The page token is none of this search.
        SearchTooSlowError: It took too long.
    """
    size = page_size(request.page_size)
    searched = _SEARCHED if request.filter or request.order_by else ()
    await backend.freshness.reached(call, (*views, *searched))
    try:
        found = await backend.services.views.of(Search).page(
            kind,
            scope,
            filter=request.filter,
            order_by=request.order_by,
            include_deleted=request.include_deleted,
            limit=size + 1,
            after=request.page_token or None,
        )
    except InvalidPageTokenError as error:
        raise refused_token(request.page_token) from error

    async def of(part: Sequence[Found]) -> Sequence[Message]:
        return await messages_of([item.id for item in part], call)

    items, more = await fill_page(found, size, of)
    missing = [] if request.page_token else await _missing(backend, call, request, kind=kind, scope=scope, found=found)
    return SearchPage(items, found[len(items) - 1].page_token if more else "", missing)


async def _missing(
    backend: Backend, call: Call, request: ListRequest, *, kind: Kind, scope: Scope, found: Sequence[Found]
) -> list[pb.Missing]:
    """Return what of a search nothing has, if it found nothing, or nothing to order by; else nothing is asked."""
    if found and found[0].ordered:
        return []
    if not found and (missing := await missing_namespace(backend, call, scope)):
        return missing
    # Where nothing was found, the order does not matter.
    filter_, order_by = ("", request.order_by) if found else (request.filter, "")
    return await missing_keys(
        backend, kind, scope, filter=filter_, order_by=order_by, include_deleted=request.include_deleted
    )
