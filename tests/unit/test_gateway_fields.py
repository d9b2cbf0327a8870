"""The rules of single fields: what is refused names the field, what is accepted is kept as it came."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox_gateway.commands import fields, limits
from modelbox_gateway.errors import InvalidFieldError

ID = "0191f3a0-6f7b-7c3e-9a55-0a1b2c3d4e5f"


@pytest.mark.parametrize("value", ["a", "a" * 255, "größe/β-1", "with blanks inside", "😀", "a\u00a0b"])
def test_a_name_is_kept_as_it_came(value: str) -> None:
    assert fields.name("name", value) == value


@pytest.mark.parametrize(
    "value",
    ["", "a" * 256, "x" * 10_000_000, " a", "a ", "\u00a0a", "a\n", "a\x00b", "a\x7fb", "a\x85b", "\u2028", "a\ud800"],
)
def test_a_bad_name_is_refused_naming_the_field(value: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"^owner: ") as refused:
        fields.name("owner", value)

    assert refused.value.field == "owner"
    assert len(str(refused.value)) < 300


def test_an_empty_optional_name_is_kept() -> None:
    assert fields.optional_name("owner", "") == ""


def test_an_empty_namespace_is_the_default_one() -> None:
    assert fields.namespace("namespace", "") == "default"


@pytest.mark.parametrize("value", ["", "two\nlines\tand a tab", "x" * limits.DESCRIPTION_CHARS_MAX])
def test_a_description_is_kept_as_it_came(value: str) -> None:
    assert fields.description("description", value) == value


@pytest.mark.parametrize("value", ["x" * (limits.DESCRIPTION_CHARS_MAX + 1), "a\x00b", "\udfff"])
def test_a_bad_description_is_refused(value: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"^description: "):
        fields.description("description", value)


@pytest.mark.parametrize("value", ["/abs/olute", "a/b.pt", "s3://bucket/a..b/...", "C:\\models\\m.pt", "..hidden"])
def test_a_path_is_a_label_kept_as_it_came(value: str) -> None:
    assert fields.path("path", value) == value


@pytest.mark.parametrize(
    "value", ["", "..", "../x", "a/../b", "a/..", "a\\..\\b", "/..", "a\nb", "x" * 1025, "a\x00", "a/\ud800"]
)
def test_a_path_with_a_way_up_or_control_characters_is_refused(value: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"^path: "):
        fields.path("path", value)


@pytest.mark.parametrize("value", ["", "d41d8cd98f00b204e9800998ecf8427e", "E3B0" + "0" * 60])
def test_a_checksum_is_kept_in_lower_case(value: str) -> None:
    assert fields.upload_checksum("checksum", value) == value.lower()


@pytest.mark.parametrize("value", ["0", "g" * 32, "0" * 31, "0" * 33, "0" * 63, "0" * 65, "0" * 10_000, "\uff10" * 32])
def test_a_checksum_of_no_known_kind_is_refused(value: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"^checksum: "):
        fields.upload_checksum("checksum", value)


def test_an_id_is_read() -> None:
    assert str(fields.object_id("id", ID)) == ID
    assert str(fields.object_id("id", ID.upper())) == ID


@pytest.mark.parametrize(
    "value", ["", "1", "x" * 36, "{" + ID[1:-1] + "}", ID.replace("-", ""), f"urn:uuid:{ID}", ID + "\n", "../" + ID]
)
def test_what_is_no_id_is_refused(value: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"^parent_id: "):
        fields.object_id("parent_id", value)


@pytest.mark.parametrize("value", [-1, 2**63, 2**64 - 1])
def test_a_step_out_of_range_is_refused(value: int) -> None:
    with pytest.raises(InvalidFieldError, match=r"^step: "):
        fields.step("step", value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e18])
def test_a_wallclock_that_is_no_time_is_refused(value: float) -> None:
    with pytest.raises(InvalidFieldError, match=r"^wallclock_s: "):
        fields.wallclock_s("wallclock_s", value)


def test_seconds_beyond_the_year_9999_are_no_time() -> None:
    with pytest.raises(InvalidFieldError, match=r"^since: "):
        fields.time_of_seconds("since", 2**64 - 1)


@given(st.text(max_size=400))
@pytest.mark.parametrize("rule", [fields.name, fields.optional_name, fields.path, fields.description])
def test_any_text_is_kept_or_refused(rule: Callable[[str, str], str], value: str) -> None:
    """Nothing else than `InvalidFieldError` comes out, and what is accepted can be stored."""
    try:
        kept = rule("field", value)
    except InvalidFieldError as refused:
        kept, field = value, refused.field
    else:
        field = "field"
        kept.encode()
    assert (kept, field) == (value, "field")
