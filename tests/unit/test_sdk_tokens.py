"""Tokens: the furthest is kept, whole, in both forms."""

import pytest

from modelbox.transport.tokens import Tokens, without_hash

LOG, OTHER = "0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f", "00000000-0000-4000-8000-000000000000"
HASH = "0123456789abcdef"


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        ([f"{LOG}.5"], f"{LOG}.5"),
        ([f"{LOG}.5.{HASH}"], f"{LOG}.5.{HASH}"),
        ([f"{LOG}.5.{HASH}", f"{LOG}.4.{HASH}"], f"{LOG}.5.{HASH}"),
        ([f"{LOG}.9.{HASH}", f"{LOG}.10.fedcba9876543210"], f"{LOG}.10.fedcba9876543210"),
        ([f"{LOG}.5", f"{LOG}.5.{HASH}", f"{LOG}.5"], f"{LOG}.5.{HASH}"),
        ([f"{LOG}.5.{HASH}", f"{LOG}.6"], f"{LOG}.6"),
        ([f"{LOG}.5.{HASH}", f"{OTHER}.2"], f"{OTHER}.2"),
        (
            [f"{LOG}.5", "", "x", f"{LOG}.", f"{LOG}.-7", f"{LOG}.\u0667", f".7.{HASH}", f"{LOG}.{'9' * 5000}"],
            f"{LOG}.5",
        ),
    ],
)
def test_the_furthest_token_is_kept_whole(seen: list[str], kept: str) -> None:
    tokens = Tokens()
    for token in seen:
        tokens.keep(token)
    assert tokens.latest == kept


def test_what_is_forgotten_or_shortened_was_known_once() -> None:
    tokens = Tokens()
    assert not tokens.forget()
    tokens.keep(f"{LOG}.5.{HASH}")
    assert tokens.shorten()
    assert not tokens.shorten()
    assert tokens.latest == without_hash(f"{LOG}.5.{HASH}") == f"{LOG}.5"
    assert tokens.forget()
    assert tokens.latest == ""
