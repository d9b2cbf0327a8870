"""The feed as its readers see it, and what the relay does when the feed and the log disagree."""

import json
import shutil
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from nats.js.api import StreamConfig
from nats.js.errors import APIError

from modelbox_events import Context, Log
from modelbox_events.feed import Relay, RelayState, follower, publisher, stream_name
from tests.integration.feeds import (
    append_model,
    append_updates,
    assert_feed_is_log,
    client,
    fill,
    own_nats,
    read_feed,
    read_log,
    running,
    until,
    until_relayed,
    until_state,
)

REMEDY = (
    "if the log was restored from a backup, begin its next epoch: modelbox log fork --reason …; "
    "if another program published into the feed, make it anew: modelbox relay rebuild"
)
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_a_plain_nats_program_reads_every_event_in_its_place(log: Log, tmp_path: Path) -> None:
    """Sequence = `ce-sequence` = position, 1 to N, with full headers and the JSON data."""
    correlation = uuid4()
    await append_model(log, context=Context(actor="Zoë", correlation_id=correlation, trace=TRACE))
    await fill(log, 1_300)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        await append_model(log, namespace="größe 1.0")
        await until_relayed(relay, log)
        messages = await read_feed(server.url, log.log_id)
    events = await read_log(log)
    assert [message.metadata.sequence.stream for message in messages] == list(range(1, 1_303))
    for message, event in zip(messages, events, strict=True):
        headers = message.headers or {}
        assert headers["ce-sequence"] == f"{event.position:020d}"
        assert headers["ce-id"] == str(event.event_id)
        assert headers["ce-source"] == f"/log/{log.log_id}"
        assert headers["ce-type"] == event.type
        assert headers["ce-subject"] == f"model/{event.stream_id}"
        assert headers["ce-streamversion"] == str(event.version)
        assert headers["ce-dataschema"] == f"urn:modelbox:event:{event.type}:{event.schema_version}"
        assert headers["ce-chainhash"] == event.hash.hex()
        assert message.data == event.json
    first = messages[0].headers or {}
    assert (first["ce-correlationid"], first["ce-authid"], first["traceparent"]) == (
        str(correlation),
        "Zo%C3%AB",
        TRACE.decode(),
    )
    assert json.loads(messages[0].data)["name"] == "digits"
    assert messages[-1].subject == f"modelbox.gr%C3%B6%C3%9Fe%201%2E0.model.{events[-1].stream_id}.ModelCreated"


async def test_the_feed_cannot_be_changed_by_its_readers(log: Log, tmp_path: Path) -> None:
    await fill(log, 3)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        async with client(server.url) as reader:
            jetstream = reader.jetstream()
            with pytest.raises(APIError):
                await jetstream.delete_msg(stream_name(log.log_id), 2)
            with pytest.raises(APIError):
                await jetstream.purge_stream(stream_name(log.log_id))
        await assert_feed_is_log(server.url, log)


async def test_the_status_tells_how_far_the_feed_is_behind(log: Log, tmp_path: Path) -> None:
    await fill(log, 40)
    async with own_nats(tmp_path) as server:
        relay = Relay(log, [server.url])
        assert (relay.status.state, relay.status.lag_events) == (RelayState.STARTING, 40)
        async with running(relay):
            await until_relayed(relay, log)
            status = relay.status
    assert (status.state, status.position, status.published_total) == (RelayState.RUNNING, 40, 40)
    assert (status.lag_events, status.lag_s, status.problem) == (0, 0.0, None)


async def test_a_log_rolled_back_behind_the_feed_halts_the_relay(log: Log, tmp_path: Path) -> None:
    async with own_nats(tmp_path) as server:
        async with client(server.url) as other:
            await other.jetstream().add_stream(StreamConfig(name=stream_name(log.log_id), subjects=["modelbox.>"]))
            for _ in range(3):
                await other.jetstream().publish("modelbox.a.b.c.d", b"{}")
        await fill(log, 2)
        async with running(Relay(log, [server.url])) as relay:
            await until_state(relay, RelayState.HALTED)
            assert relay.status.problem == (
                "feed sequence 3: the feed ends there, the log already at 2: the log was rolled back, or another "
                f"program published; the relay has stopped: {REMEDY}"
            )
            await append_model(log)  # appends go on
            assert len(await read_feed(server.url, log.log_id)) == 3


async def test_a_log_of_another_history_halts_the_relay(log: Log, dsn: str, tmp_path: Path) -> None:
    """As after a restore from a backup: the same log id, as many events, other ones."""
    await fill(log, 10)
    async with own_nats(tmp_path) as server:
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        await rewrite_hash(dsn, position=10)
        async with running(Relay(log, [server.url])) as relay:
            await until_state(relay, RelayState.HALTED)
            assert relay.status.problem == (
                f"feed sequence 10: the message there is not the log's event; the relay has stopped: {REMEDY}"
            )
            await append_model(log)
            assert len(await read_feed(server.url, log.log_id)) == 10


async def test_a_message_of_another_program_halts_the_relay(log: Log, tmp_path: Path) -> None:
    await fill(log, 10)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        async with client(server.url) as rogue:
            await rogue.jetstream().publish("modelbox.default.model.x.ModelCreated", b"{}")
        await append_model(log)
        await until_state(relay, RelayState.HALTED)
        assert "feed sequence 11: the message there is not the log's event" in (relay.status.problem or "")
        await append_model(log)  # appends go on
        assert relay.status.lag_events >= 1


async def test_a_deleted_feed_is_made_again_from_the_first_event(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "SCRUB_INTERVAL_S", 0.2)
    await fill(log, 700)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        async with client(server.url) as operator:
            await operator.jetstream().delete_stream(stream_name(log.log_id))
        await until(lambda: relay.status.published_total == 1_400, what="the feed filled again")
        await assert_feed_is_log(server.url, log)


async def test_a_feed_that_lost_its_tail_gets_it_back(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older copy of JetStream's files is put back; the durable consumer that had read on ends complete."""
    monkeypatch.setattr(follower, "SCRUB_INTERVAL_S", 0.2)
    stream = await fill(log, 100)
    async with own_nats(tmp_path) as server:
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
        await server.stop()
        copy_folder(tmp_path / "nats", tmp_path / "older")
        await server.start()
        async with running(Relay(log, [server.url])) as relay:
            await append_updates(log, stream, 50)
            await until_relayed(relay, log)
            await server.stop()
            copy_folder(tmp_path / "older", tmp_path / "nats")
            await server.start()
            await until(lambda: relay.status.published_total == 100, what="the tail published again")
            await assert_feed_is_log(server.url, log)


async def test_a_hole_in_the_feed_is_reported(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "SCRUB_INTERVAL_S", 0.2)
    await fill(log, 10)
    async with own_nats(tmp_path) as server, client(server.url) as operator:
        jetstream = operator.jetstream()
        # Made by hand, without the protection against deletes.
        await jetstream.add_stream(StreamConfig(name=stream_name(log.log_id), subjects=["modelbox.>"]))
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
            await jetstream.delete_msg(stream_name(log.log_id), 4)
            await until(lambda: relay.status.problem is not None, what="the hole reported")
            assert relay.status.problem == "1 messages are missing between 1 and 10"
            assert relay.status.state is RelayState.RUNNING


@pytest.mark.parametrize("batch", [publisher.BATCH_MESSAGES_MAX + 1, publisher.BATCH_MESSAGES_MAX])
async def test_batches_that_the_server_refuses_are_sent_another_way(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Too large (10199): smaller batches; not enabled (10174): message by message. The feed is the same."""
    monkeypatch.setattr(publisher, "BATCH_MESSAGES_MAX", batch)
    await fill(log, 2_100)
    async with own_nats(tmp_path) as server:
        if batch == 1_000:
            async with client(server.url) as operator:
                name = stream_name(log.log_id)
                await operator.jetstream().add_stream(StreamConfig(name=name, subjects=["modelbox.>"]))
        async with running(Relay(log, [server.url])) as relay:
            await until_relayed(relay, log)
            assert relay.status.problem is None
        await assert_feed_is_log(server.url, log)


def copy_folder(source: Path, target: Path) -> None:
    """Make `target` what `source` is."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


async def rewrite_hash(dsn: str, *, position: int) -> None:
    """Change an event's place in the chain, as an administrator of the database can."""
    connection = await asyncpg.connect(dsn)
    try:
        partition = await connection.fetchval(
            "SELECT tableoid::regclass::text FROM modelbox.events WHERE position = $1", position
        )
        for table in ("modelbox.events", partition):
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await connection.execute("UPDATE modelbox.events SET hash = sha256(hash) WHERE position = $1", position)
    finally:
        await connection.close()
