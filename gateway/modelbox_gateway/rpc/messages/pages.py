"""Pages of a list: how many items, and the opaque token that says where the next page begins."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Annotated, Any, Final, Generic, Self, TypeAlias, TypeVar

import msgspec
from google.protobuf.message import Message

from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.limits import PAGE_BYTES_MAX, PAGE_ITEMS_MAX, PAGE_SLICE_ITEMS

Start = TypeVar("Start")
Row = TypeVar("Row")

_TOKEN_CHARS_MAX: Final = 2_000
_AHEAD: Final = 2
"""Slices of a page that are under way beside the one that is waited for: while one is written, one can be read."""

_encode: Final = msgspec.msgpack.Encoder().encode

PositionStart: TypeAlias = Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)]
"""The type of a start that is a position in the log."""


class Pages(Generic[Start]):
    """The pages of one list, each of which starts after an item; what that is, orders the items."""

    def __init__(self, name: str, kind: Any) -> None:
        """Name the list, so that a token of another list is refused, and say of which type the starts of its pages are.

        Args:
            name: A name that no other list has.
            kind: A type that msgspec reads, the same as `Start`; its bounds hold for every token.
        """
        self._name = name
        self._decode = msgspec.msgpack.Decoder[tuple[str, str, Start]](tuple[str, str, kind]).decode

    def token(self, scope: str, last: Start) -> str:
        """Return the token of the page that follows the item at `last`, in the list of `scope`."""
        return base64.urlsafe_b64encode(_encode((self._name, scope, last))).decode()

    def start(self, scope: str, token: str) -> Start | None:
        """Return what a page starts after; None for the first page.

        Raises:
            InvalidFieldError: The token was not made by this list with this scope.
        """
        if not token:
            return None
        refused = refused_token(token)
        if len(token) > _TOKEN_CHARS_MAX:
            raise refused
        try:
            name, of, start = self._decode(base64.urlsafe_b64decode(token.encode()))
        except ValueError as error:  # base64's and msgspec's errors are ValueErrors
            raise refused from error
        if (name, of) != (self._name, scope):
            raise refused
        return start


def refused_token(token: str) -> InvalidFieldError:
    """Return the error that says that a page token is not one of this list."""
    problem = f"{token[:80]!r} is no token of this list; use next_page_token as the page before returned it"
    return InvalidFieldError("page_token", problem)


def page_size(requested: int) -> int:
    """Return how many items a page has: what was asked, at most `PAGE_ITEMS_MAX`."""
    return min(requested or PAGE_ITEMS_MAX, PAGE_ITEMS_MAX)


async def fill_page(
    rows: Sequence[Row], size: int, messages_of: Callable[[Sequence[Row]], Awaitable[Sequence[Message]]]
) -> tuple[list[bytes], bool]:
    """Return the encoded messages of a page, and whether another page follows.

    While those of some rows are made, what the next ones need is read, if by those before there is room for it.

    Args:
        rows: Those of the page and, if there is one, the first of the next.
        size: Items that the page may have; it has fewer if it comes to `PAGE_BYTES_MAX` before.
        messages_of: Makes the messages of a few rows, or of the first of them, if all are too large together.
    """
    page: list[bytes] = []
    taken, end = 0, min(size, len(rows))
    async with _Slices(rows[:end], messages_of) as slices:
        has_room = False
        while len(page) < end:
            messages = await slices.messages_from(len(page), ahead=_AHEAD if has_room else 0)
            if not messages:
                break
            for message in messages:
                page.append(message.SerializeToString())
                taken += len(page[-1])
                if taken >= PAGE_BYTES_MAX:
                    return page, len(page) < len(rows)
            then = len(page) + (1 + _AHEAD) * PAGE_SLICE_ITEMS
            has_room = len(messages) == PAGE_SLICE_ITEMS and taken * then < PAGE_BYTES_MAX * len(page)
    return page, len(rows) > size


class _Slices(Generic[Row]):
    """Makes messages a slice at a time; at its end, no more is under way."""

    def __init__(
        self, rows: Sequence[Row], messages_of: Callable[[Sequence[Row]], Awaitable[Sequence[Message]]]
    ) -> None:
        self._rows = rows
        self._messages_of = messages_of
        self._begun: dict[int, asyncio.Future[Sequence[Message]]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what nobody waits for any more; how it ends is of no interest."""
        for messages in self._begun.values():
            messages.cancel()
        await asyncio.gather(*self._begun.values(), return_exceptions=True)

    async def messages_from(self, first: int, *, ahead: int) -> Sequence[Message]:
        """Return the messages of the slice that begins with this row, or of the first of its rows.

        Args:
            first: The row.
            ahead: How many of the slices that follow may be under way meanwhile.
        """
        for number in range(1 + ahead):
            if number == 0 or len(self._begun) <= ahead:
                self._begin(first + number * PAGE_SLICE_ITEMS)
        messages = await self._begun[first]
        del self._begun[first]
        return messages

    def _begin(self, first: int) -> None:
        if first not in self._begun and first < len(self._rows):
            of = self._messages_of(self._rows[first : first + PAGE_SLICE_ITEMS])
            self._begun[first] = asyncio.ensure_future(of)
