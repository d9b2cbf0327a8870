"""One id is one stream: whoever calls it by another namespace or type is judged on that, and harms nobody."""

import asyncio
from typing import Any

import asyncpg
import pytest

from modelbox_events import (
    NO_STREAM,
    STREAM_EXISTS,
    Append,
    Appended,
    InvalidEventError,
    Log,
    NewEvent,
    StreamNotFoundError,
    StreamRef,
    new_id,
)
from modelbox_events.types.metadata import MetadataUpdated
from tests.integration.log_cases import append, assert_whole, change, stream


async def test_two_namespaces_that_name_one_id_in_a_batch_are_judged_apart(log: Log) -> None:
    """The first to be recorded has the id; nothing of the second stands under the first one's namespace."""
    ours, theirs = StreamRef("ours", "run", new_id()), stream("theirs")
    colliding = StreamRef("theirs", "run", ours.id)

    mine, other, neighbour = await asyncio.gather(
        log.append(append(ours, expected=NO_STREAM)),
        log.append(append(colliding, expected=NO_STREAM)),
        log.append(append(theirs)),
        return_exceptions=True,
    )

    assert isinstance(mine, Appended)
    assert isinstance(other, StreamNotFoundError)
    assert isinstance(neighbour, Appended)
    assert [(event.namespace, event.stream_id) for event in await assert_whole(log)] == [
        ("ours", ours.id),
        ("theirs", theirs.id),
    ]


async def test_a_stream_called_by_another_type_does_not_fail_its_own_callers(log: Log) -> None:
    """A run created under the id of a model, in one batch with what is logged on the model."""
    model = stream()
    await log.append(append(model))
    run = StreamRef(model.namespace, "run", model.id)

    created, *logged = await asyncio.gather(
        log.append(append(run, expected=NO_STREAM)),
        *(log.append(append(model, expected=STREAM_EXISTS)) for _ in range(3)),
        return_exceptions=True,
    )

    assert isinstance(created, StreamNotFoundError)
    assert [type(result) for result in logged] == [Appended] * 3
    assert {event.stream_type for event in await assert_whole(log)} == {"model"}


async def test_an_append_that_contradicts_itself_is_refused(log: Log) -> None:
    ours = stream()
    other = StreamRef("other", ours.type, ours.id)
    event = MetadataUpdated(object_id=ours.id, metadata={})

    for events, absent in (([NewEvent(event, (ours,))], ()), ([NewEvent(event)], (other,))):
        with pytest.raises(InvalidEventError, match="opens"):
            await log.append(Append(stream=ours, events=events, expected_version=NO_STREAM, absent=absent))

    assert (await log.append(append(ours))).first_position == 1


async def test_the_database_refuses_a_digest_that_is_not_of_its_row(log: Log, dsn: str) -> None:
    """What the version before calls: a process of it that merges streams cannot store what never verifies."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE modelbox.log_head SET format_level = 1")
    await log.append(append(stream()))
    ours = stream()
    event_id, data = new_id(), log.registry.encode(change(ours).data)
    arguments: tuple[Any, ...] = (
        [ours.id], [ours.type], [ours.namespace], ["anonymous"], ["key"], ["anonymous"], [0], [None], [None], [None],
        [None], [b""], [1], [1], [1], [-3], [1], [0], [bytes(32)], [], [event_id], ["MetadataUpdated"], [1], [data],
    )  # fmt: skip
    call = f"SELECT outcome, first_position FROM modelbox.append({', '.join(f'${n}' for n in range(1, 26))})"

    with pytest.raises(asyncpg.DataError, match="digest"):
        await connection.fetch(call, *arguments, [bytes(32)])

    digest = await connection.fetchval(
        """SELECT sha256(record_send(ROW($1::text, $2::text, $3::uuid, NULL::timestamptz, 'anonymous'::text, 0::int2,
               NULL::uuid, NULL::uuid, NULL::bytea, ''::bytea, $4::uuid, 'MetadataUpdated'::text, 1::int2, 1::int2,
               $5::bytea, NULL::text, NULL::bytea, NULL::uuid, NULL::bytea)))""",
        ours.namespace, ours.type, ours.id, event_id, data,
    )  # fmt: skip
    assert [tuple(row) for row in await connection.fetch(call, *arguments, [digest])] == [(0, 2)]
    await connection.close()
    await assert_whole(log)
