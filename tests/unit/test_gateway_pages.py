"""Page tokens are opaque: each belongs to one list, and nothing else is accepted."""

import base64
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.limits import PAGE_BYTES_MAX, PAGE_ITEMS_MAX
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
    async def large(rows: Sequence[int]) -> list[pb.Model]:
        return [pb.Model(description="x" * (PAGE_BYTES_MAX // 4)) for _ in rows]

    items, follows = await fill_page(list(range(50)), 50, large)

    assert (len(items), follows) == (4, True)


async def _models(rows: Sequence[int]) -> list[pb.Model]:
    return [pb.Model(name=str(row)) for row in rows]
