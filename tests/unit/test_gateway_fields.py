"""The rules of single fields: what is refused names the field, what is accepted is kept as it came."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rules import fields, limits

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


@pytest.mark.parametrize("value", ["", "../data/train.csv", "s3://bucket/a?version=3", "C:\\data", "x" * 1024])
def test_a_location_is_kept_as_it_came(value: str) -> None:
    assert fields.location("location", value) == value


@pytest.mark.parametrize("value", ["x" * 1025, "a\nb", "a\x00", "\ud800"])
def test_a_bad_location_is_refused(value: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"^location: "):
        fields.location("location", value)


@pytest.mark.parametrize("value", ["", "sha256:9F86D0", "md5:00", "blake3-256:ab", "xxh3_64.v1+a:0"])
def test_a_digest_is_kept_in_lower_case(value: str) -> None:
    assert fields.digest("digest", value) == value.lower()


@pytest.mark.parametrize(
    "value", ["9f86", "sha256:", ":ab", "sha256:xyz", "sha256:ab ", "sha 256:ab", "a:" + "0" * 254]
)
def test_a_digest_without_algorithm_or_digits_is_refused(value: str) -> None:
    with pytest.raises(InvalidFieldError, match=r"^digest: "):
        fields.digest("digest", value)


def test_a_text_of_others_is_kept_with_its_blanks_and_line_ends() -> None:
    assert fields.short_text("name", " odd\nname ") == " odd\nname "
    for value in ("x" * 256, "a\x00", "\udfff"):
        with pytest.raises(InvalidFieldError, match=r"^name: "):
            fields.short_text("name", value)


@pytest.mark.parametrize("value", [-1, 2**63, 2**64 - 1])
def test_a_count_out_of_range_is_refused(value: int) -> None:
    with pytest.raises(InvalidFieldError, match=r"^row_count: "):
        fields.count("row_count", value)


@pytest.mark.parametrize(
    ("seconds", "nanos", "expected"),
    [
        (0, 0, "1970-01-01T00:00:00+00:00"),
        (-1, 999_999_999, "1969-12-31T23:59:59.999999+00:00"),
        (-62_135_596_800, 0, "0001-01-01T00:00:00+00:00"),
        (253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999+00:00"),
    ],
)
def test_a_time_is_kept_to_the_microsecond(seconds: int, nanos: int, expected: str) -> None:
    assert fields.time("at", seconds, nanos).isoformat() == expected


@pytest.mark.parametrize(
    ("seconds", "nanos"), [(253_402_300_800, 0), (-62_135_596_801, 0), (0, -1), (0, 10**9), (2**63 - 1, 0)]
)
def test_what_is_no_time_is_refused(seconds: int, nanos: int) -> None:
    with pytest.raises(InvalidFieldError, match=r"^at: "):
        fields.time("at", seconds, nanos)


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
