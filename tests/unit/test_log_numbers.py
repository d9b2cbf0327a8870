"""Numbers that the functions of the database and Python say to each other have one name and value on both sides."""

import json
import re
from typing import Any, Final

from modelbox_events import ANY_VERSION, NO_STREAM, STREAM_EXISTS, Append, Context, NewEvent, StreamRef, new_id
from modelbox_events.batch import Batch, Prepared
from modelbox_events.component import LOG
from modelbox_events.compression import COMPRESSED_FROM_BYTES, COMPRESSED_LEVEL
from modelbox_events.event import CLAIMS_SUFFIX, AuthType, Claim, Codec, ExpectedVersion
from modelbox_events.hashing import HASH_BYTES, SALT_BYTES, SALTED
from modelbox_events.limits import STREAM_VERSION_MAX
from modelbox_events.outcomes import REHEARSED, WRONG_LEVEL, Outcome
from modelbox_events.registry import REGISTRY
from modelbox_events.types.metadata import MetadataUpdated

PYTHON: Final[dict[str, int]] = {
    **{outcome.name.lower(): outcome for outcome in Outcome},
    "no_stream": NO_STREAM,
    "stream_exists": STREAM_EXISTS,
    "any_version": ANY_VERSION,
    "version_max": STREAM_VERSION_MAX,
    "salted": SALTED,
    "as_json": Codec.JSON,
    "compressed_level": COMPRESSED_LEVEL,
    "hash_bytes": HASH_BYTES,
    "salt_bytes": SALT_BYTES,
}
"""What SQL must call by these names; and what it alone knows."""
OF_SQL_ALONE: Final = {"of_another_name", "closed", "versions_a_block"}
PLACE: Final = "its_"
"""How the names of places in rows of numbers begin."""


def numbers() -> dict[str, int]:
    """Return the numbers that functions name, as a constant or beside it; of one name, all are the same."""
    constant = re.compile(r"^ +(?P<name>\w+) +CONSTANT (?:smallint|integer) := (?P<value>-?\d+);", re.MULTILINE)
    beside = re.compile(r"(?P<value>-?\d+)(?:::smallint)? /\* (?P<name>\w+) \*/")
    found: dict[str, int] = {}
    for function in LOG.functions:
        for match in (*constant.finditer(function.sql), *beside.finditer(function.sql)):
            assert found.setdefault(match["name"], int(match["value"])) == int(match["value"]), match[0]
    return found


def test_numbers_have_the_same_value_in_sql_and_python() -> None:
    found = {name: value for name, value in numbers().items() if not name.startswith(PLACE)}
    assert {name: found.pop(name) for name in OF_SQL_ALONE}
    assert found == PYTHON


def test_errors_have_the_same_code_in_sql_and_python() -> None:
    """Of those that are ours: the class is one that Postgres has, with a code that it will not use."""
    codes = {code for function in LOG.functions for code in re.findall(r"ERRCODE = '(55MB\d)'", function.sql)}
    assert codes == {WRONG_LEVEL, REHEARSED}


async def test_the_numbers_of_a_batch_stand_where_sql_looks_for_them() -> None:
    place = {name.removeprefix(PLACE): value for name, value in numbers().items() if name.startswith(PLACE)}
    arguments = _arguments_by_name(_batch_of_different_numbers())

    request = _rows(arguments["request_numbers"])[-1]
    told = {"stream": 2, "expected": 40, "events": 3, "opened": 5, "claims": 4, "auth_type": 1, "key": 7}
    assert {name: request[place[name] - 1] for name in told} == told
    assert len(request) == len(told)
    assert [row[place["request"] - 1] for row in _rows(arguments["event_numbers"])] == [1, 2, 3, 4, 5, 6, 7, 7, 7]
    assert {row[place["schema_version"] - 1] for row in _rows(arguments["event_numbers"])} == {1}
    assert [row[place["codec"] - 1] for row in _rows(arguments["event_numbers"])] == [Codec.JSON] * 8 + [Codec.ZSTD]
    assert [row[place["version"] - 1] for row in _rows(arguments["claims"])] == [10, 11, 12, 13]
    assert [row[place["stream"] - 1] for row in _rows(arguments["claims"])] == [8, 9, 10, 11]


def _batch_of_different_numbers() -> Batch:
    """Return six requests of one stream, and a seventh of which each number is another."""

    def ref(kind: str = "model") -> StreamRef:
        return StreamRef("default", kind, new_id())

    def event(of: StreamRef, *opens: StreamRef) -> NewEvent:
        return NewEvent(MetadataUpdated(object_id=of.id, metadata={}), opens)

    usual, last = ref(), ref()
    large = NewEvent(MetadataUpdated(object_id=last.id, metadata={"value": "x" * COMPRESSED_FROM_BYTES}))
    fillers = [Append(stream=usual, events=[event(usual)], expected_version=ANY_VERSION) for _ in range(6)]
    seventh = Append(
        stream=last,
        events=[event(last, ref()), event(last), large],
        expected_version=ExpectedVersion(40),
        context=Context(auth_type=AuthType.SYSTEM),
        absent=(ref(), ref(), ref(), ref()),
        claims=tuple(Claim(ref(f"model{CLAIMS_SUFFIX}"), version) for version in range(10, 14)),
    )
    prepared = [Prepared(append, REGISTRY) for append in (*fillers, seventh)]
    return Batch(prepared, REGISTRY, format_level=COMPRESSED_LEVEL)


def _arguments_by_name(batch: Batch) -> dict[str, Any]:
    [text] = [function.sql for function in LOG.functions if function.name == "modelbox.append_requests"]
    parameters = text.partition("FUNCTION modelbox.append_requests(")[2].partition(") RETURNS")[0].split(",")
    return dict(zip([parameter.split()[0] for parameter in parameters], batch.arguments, strict=True))


def _rows(array: str) -> list[list[int]]:
    rows: list[list[int]] = json.loads(array.replace("{", "[").replace("}", "]"))
    return rows
