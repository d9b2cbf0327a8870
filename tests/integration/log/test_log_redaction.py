"""A redaction takes the data of one event away; all else of it stays, and verifies."""

from hashlib import sha256

import asyncpg
import pytest
from msgspec.structs import replace

from modelbox_events import InvalidEventError, Log, LogCorruptedError, Position, verify
from modelbox_events.hashing import content_hash
from modelbox_events.limits import READS_LEVEL
from modelbox_events.redaction import Redaction, redact
from tests.integration.log_cases import append, read_all, stream

SECRET = "hunter2-3f9c"
APPEND = "modelbox append"


async def _with_secret(log: Log, *, level: int = 2) -> None:
    """Record three events, the second of them with a secret, at a format level; then let the log be at level 2."""
    owner = await asyncpg.connect(log.database.dsn)
    await owner.execute("UPDATE modelbox.log_head SET format_level = $1", level)
    log.head.format_level = level
    to = stream()
    await log.append(append(to))
    await log.append(append(to, value=SECRET, key="secret"))
    await log.append(append(to))
    await owner.execute("UPDATE modelbox.log_head SET format_level = 2")
    await owner.close()


@pytest.mark.parametrize("level", [1, 2])
async def test_redacted_data_is_gone_and_the_log_verifies(log: Log, dsn: str, level: int) -> None:
    """Of events of both digest versions; an event of its own says by whom."""
    await _with_secret(log, level=level)
    before = (await read_all(log))[1]

    redaction = await redact(dsn, Position(2), reason="a password was logged")

    assert redaction == Redaction(Position(2), Position(4))
    after, by = [(await read_all(log))[index] for index in (1, 3)]
    assert (after.data, after.salt, after.redacted_by) == (None, None, 4)
    assert (after.digest_version, after.content_hash, after.hash) == (level, before.content_hash, before.hash)
    assert by.type == "EventRedacted"
    assert (await verify(log.database)).redacted == (redaction,)
    if level == 2:
        assert content_hash(after) == after.content_hash


async def test_nothing_of_the_secret_is_left_in_the_log(log: Log, dsn: str) -> None:
    """Not in any column, nor a hash of the request, from which a short secret could be guessed."""
    await _with_secret(log)
    owner = await asyncpg.connect(dsn)
    hashes = "SELECT request_hash FROM modelbox.idempotency WHERE key = 'secret'"
    before = await owner.fetchval(hashes)

    await redact(dsn, Position(2), reason="a password was logged")

    rows = await owner.fetch("SELECT convert_from(data, 'UTF8') AS text FROM modelbox.events WHERE data IS NOT NULL")
    assert [row["text"] for row in rows if SECRET in row["text"]] == []
    assert await owner.fetchval(hashes) != before
    await owner.close()


async def test_a_secret_that_was_logged_after_a_lost_connection_cannot_be_guessed_either(log: Log, dsn: str) -> None:
    """A failed send says nothing of the log's format: what is sent again is salted like all before it."""
    owner = await asyncpg.connect(dsn)
    await log.append(append(stream()))
    await owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", APPEND)
    to = stream()

    position = (await log.append(append(to, value=SECRET))).last_position

    before = (await read_all(log))[-1]
    assert before.digest_version == 2
    await redact(dsn, position, reason="a password was logged")
    after = (await read_all(log))[position - 1]
    for version in (1, 2):  # with the secret in hand, but not the salt, nothing confirms it
        guess = replace(after, data=before.data, data_hash=None, digest_version=version)
        assert content_hash(guess) != after.content_hash
    assert after.data_hash != sha256(before.data or b"").digest()
    assert (after.data, after.salt) == (None, None)
    assert (await log.append(append(stream()))).last_position == position + 2
    assert {event.digest_version for event in await read_all(log)} == {2}
    await owner.close()


async def test_a_level_is_heard_of_late_and_never_taken_back(log: Log) -> None:
    """An answer from before the level rose, which arrives after it was heard of, is older news."""
    log.head.note_level(READS_LEVEL)
    log.head.note_level(1)

    assert log.head.format_level == READS_LEVEL


async def test_a_log_that_was_set_back_below_its_level_takes_appends_at_that_level(log: Log, dsn: str) -> None:
    """The process asks for the level that the log has now."""
    await log.append(append(stream()))
    owner = await asyncpg.connect(dsn)
    await owner.execute("UPDATE modelbox.log_head SET format_level = 1")

    await log.append(append(stream()))

    assert [event.digest_version for event in await read_all(log)] == [2, 1]
    assert log.head.format_level == 1
    await owner.close()


async def test_a_redaction_asked_for_again_is_the_first_one(log: Log, dsn: str) -> None:
    await _with_secret(log)
    first = await redact(dsn, Position(2), reason="a password was logged")

    assert await redact(dsn, Position(2), reason="once more") == replace(first, before=True)
    assert len(await read_all(log)) == 4


@pytest.mark.parametrize(
    "tampering",
    [
        "actor = 'somebody'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "namespace = 'other'",
        "redacted_by = 3",
        "data = 'x'",
        "type = 'EventLogged'",
    ],
)
@pytest.mark.parametrize("level", [1, 2])
async def test_a_change_of_what_stayed_is_found(log: Log, dsn: str, tampering: str, level: int) -> None:
    await _with_secret(log, level=level)
    await redact(dsn, Position(2), reason="a password was logged")

    await _tamper(dsn, f"UPDATE modelbox.events SET {tampering} WHERE position = 2")

    with pytest.raises(LogCorruptedError) as raised:
        await verify(log.database)
    assert raised.value.position == 2


@pytest.mark.parametrize("columns", ["data = NULL, salt = NULL", "data = NULL, salt = NULL, redacted_by = 3"])
async def test_data_that_went_without_a_word_is_found(log: Log, dsn: str, columns: str) -> None:
    await _with_secret(log)

    await _tamper(dsn, f"UPDATE modelbox.events SET data_hash = sha256(salt || data), {columns} WHERE position = 2")

    with pytest.raises(LogCorruptedError) as raised:
        await verify(log.database)
    assert raised.value.position == 2


async def test_what_rules_rest_on_is_not_redacted(log: Log, dsn: str) -> None:
    await _with_secret(log)
    await redact(dsn, Position(2), reason="a password was logged")

    for position in (4, 9):  # the redaction itself, and one beyond the end
        with pytest.raises(InvalidEventError, match="position"):
            await redact(dsn, Position(position), reason="more")
    assert len(await read_all(log)) == 4


async def test_events_are_guarded_again_after_a_redaction(log: Log, dsn: str) -> None:
    await _with_secret(log)
    await redact(dsn, Position(2), reason="a password was logged")
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica")

    for table in ("modelbox.events", "modelbox.events_000000000000001"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
            await owner.execute(f"UPDATE {table} SET data = NULL")
    await owner.close()


async def _tamper(dsn: str, statement: str) -> None:
    """Do what only a superuser can."""
    owner = await asyncpg.connect(dsn)
    for table in ("modelbox.events", "modelbox.events_000000000000001"):
        await owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await owner.execute(statement)
    await owner.close()
