"""Page tokens are opaque: each belongs to one list, and nothing else is accepted."""

import asyncio
import base64
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.errors import BlobDamagedError, InvalidFieldError
from modelbox_gateway.rpc.frame.limits import PAGE_BYTES_MAX, PAGE_ITEMS_MAX, PAGE_SLICE_ITEMS
from modelbox_gateway.rpc.messages.pages import Pages, PositionStart, fill_page, page_size

PAGES = Pages[int]("models", PositionStart)


@given(st.text(max_size=50), st.integers(1, 2**63 - 1))
def test_a_token_leads_back_to_its_start(scope: str, start: int) -> None:
    assert PAGES.start(scope, PAGES.token(scope, start)) == start


def test_no_token_is_the_first_page() -> None:
    assert PAGES.start("default", "") is None


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "größe",
        "A" * 10_000,
        base64.urlsafe_b64encode(b"nonsense").decode(),
        PAGES.token("other", 5),
        PAGES.token("default", 0),
        PAGES.token("default", -1),
        Pages[int]("artifacts", PositionStart).token("default", 5),
        Pages[str]("models", str).token("default", "name"),
        base64.urlsafe_b64encode(msgspec.msgpack.encode(("models", "default", 2**63))).decode(),
    ],
)
def test_a_token_that_this_list_did_not_make_is_refused(token: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"^page_token: "):
        PAGES.start("default", token)


@pytest.mark.parametrize(("asked", "given_"), [(0, PAGE_ITEMS_MAX), (5, 5), (2**32 - 1, PAGE_ITEMS_MAX)])
def test_a_page_is_bounded(asked: int, given_: int) -> None:
    assert page_size(asked) == given_


@pytest.mark.parametrize(
    ("rows", "size", "expected", "more"),
    [(0, 10, 0, False), (10, 10, 10, False), (11, 10, 10, True), (251, 250, 250, True)],
)
async def test_a_page_says_whether_another_follows(rows: int, size: int, expected: int, more: bool) -> None:
    items, follows = await fill_page(list(range(rows)), size, _models)

    messages = map(pb.Model.FromString, items)
    assert ([int(message.name) for message in messages], follows) == (list(range(expected)), more)


async def test_a_page_ends_early_when_its_items_are_large() -> None:
    """Nothing is read that it has no room for."""
    asked = []

    async def large(rows: Sequence[int]) -> list[pb.Model]:
        asked.append(list(rows))
        return [pb.Model(description="x" * (PAGE_BYTES_MAX // 4)) for _ in rows]

    items, follows = await fill_page(list(range(250)), 250, large)

    assert (len(items), follows) == (4, True)
    assert asked == [list(range(PAGE_SLICE_ITEMS))]


async def test_a_page_goes_on_where_messages_ended() -> None:
    asked = []

    async def seven(rows: Sequence[int]) -> list[pb.Model]:
        asked.append(rows[0])
        return await _models(rows[:7])

    items, follows = await fill_page(list(range(251)), 250, seven)

    assert [int(pb.Model.FromString(item).name) for item in items] == list(range(250))
    assert follows
    assert asked == list(range(0, 250, 7))


async def test_a_page_fails_as_its_messages_do() -> None:
    asked = []

    async def failing(rows: Sequence[int]) -> list[pb.Model]:
        asked.append(rows[0])
        if rows[0]:
            raise BlobDamagedError("0" * 64, "it is missing")
        return await _models(rows)

    with pytest.raises(BlobDamagedError):
        await fill_page(list(range(500)), 500, failing)

    assert asked[:2] == [0, PAGE_SLICE_ITEMS]


async def test_the_next_items_are_begun_as_soon_as_it_is_known_that_there_is_room_for_them() -> None:
    begun: dict[int, asyncio.Event] = {first: asyncio.Event() for first in range(0, 500, PAGE_SLICE_ITEMS)}
    under_way = most = 0

    async def beside(rows: Sequence[int]) -> list[pb.Model]:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        begun[rows[0]].set()
        if rows[0]:  # by the first slice it is known
            async with asyncio.timeout(5):
                await begun[min(rows[0] + PAGE_SLICE_ITEMS, 400)].wait()
        under_way -= 1
        return await _models(rows)

    items, _ = await fill_page(list(range(501)), 500, beside)

    assert [int(pb.Model.FromString(item).name) for item in items] == list(range(500))
    assert most == 3


async def test_a_page_that_is_given_up_leaves_nothing_behind() -> None:
    begun = asyncio.Event()
    under_way = []

    async def endless(rows: Sequence[int]) -> list[pb.Model]:
        if not rows[0]:
            return await _models(rows)
        under_way.append(rows[0])
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            under_way.remove(rows[0])
        return []

    filling = asyncio.create_task(fill_page(list(range(500)), 500, endless))
    await begun.wait()
    filling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await filling

    assert under_way == []


async def _models(rows: Sequence[int]) -> list[pb.Model]:
    return [pb.Model(name=str(row)) for row in rows]
