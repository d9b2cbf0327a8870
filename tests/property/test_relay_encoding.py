"""Text survives its way through subjects and headers."""

from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from modelbox_events.feed.cloudevents import decode_value, encode_value
from modelbox_events.feed.subjects import token

texts = st.text(min_size=1, max_size=255)


@given(texts)
def test_a_subject_token_gives_its_text_back(text: str) -> None:
    encoded = token(text)
    assert unquote(encoded, errors="strict") == text
    assert encoded.isascii()
    assert encoded.isprintable()
    assert not set(encoded) & set(".*> ")


@given(texts, texts)
def test_two_texts_never_share_a_token(one: str, other: str) -> None:
    assert (token(one) == token(other)) == (one == other)


@given(texts)
def test_a_header_value_gives_its_text_back(text: str) -> None:
    encoded = encode_value(text)
    assert decode_value(encoded) == text
    assert encoded.isascii()
    assert encoded.isprintable()
    assert not set(encoded) & set(' "')
