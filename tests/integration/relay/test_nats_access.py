"""Who may do what at the embedded NATS: nobody without a password, followers read, the relay alone writes."""

import asyncio
import json
import shutil
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.errors import AuthorizationError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import APIError

from modelbox_events import Log
from modelbox_events.feed import SUBJECTS, Relay, RelayState, Trouble, stream_name
from modelbox_events.feed.connection import FeedConnection
from modelbox_gateway.embedded.nats import EmbeddedNats
from modelbox_gateway.embedded.process import EmbeddedServerError, ServerProcess
from tests.integration.feeds import (
    assert_feed_is_log,
    client,
    fill,
    own_nats,
    running,
    until_relayed,
    until_state,
)
from tests.integration.nats_cluster import free_ports

FORGED = "modelbox.default.model.x.ModelCreated"


@pytest.fixture
async def server(log: Log, tmp_path: Path) -> AsyncIterator[EmbeddedNats]:
    """A NATS with a feed of ten events."""
    await fill(log, 10)
    async with own_nats(tmp_path) as server, running(Relay(log, [server.url])) as relay:
        await until_relayed(relay, log)
        yield server


@pytest.fixture
async def follower(server: EmbeddedNats) -> AsyncIterator[Client]:
    """A client of the follower's user, as the file says."""
    context = json.loads(server.follower_file.read_text())
    connected = await nats.connect(context["url"], user=context["user"], password=context["password"], error_cb=_ignore)
    yield connected
    await connected.close()


async def test_nobody_connects_without_a_password(server: EmbeddedNats) -> None:
    for url in (server.address, server.address.replace("//", "//relay:guess@"), server.address.replace("//", "//x:@")):
        with pytest.raises(AuthorizationError):
            await FeedConnection.open(url, credentials=None)


async def test_passwords_are_in_files_of_this_account_alone_and_nowhere_else(
    server: EmbeddedNats, tmp_path: Path
) -> None:
    folder = tmp_path / "nats"
    passwords = [json.loads((folder / f"{user}.json").read_text())["password"] for user in ("relay", "follower")]
    assert all(len(password) >= 32 for password in passwords)
    holders = {
        file for file in folder.rglob("*") if file.is_file() and any(p.encode() in file.read_bytes() for p in passwords)
    }
    assert {file.name for file in holders} == {"relay.json", "follower.json", "nats-server.conf"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in holders} == {0o600}
    process = Path("/proc", str(server.pid))
    shown = [(process / name).read_bytes() for name in ("cmdline", "environ")]
    assert not any(password.encode() in text for password in passwords for text in shown)


async def test_passwords_outlive_a_restart(server: EmbeddedNats) -> None:
    before = server.url
    await server.stop()
    await server.start()
    assert server.url == before


async def test_a_follower_reads_and_acknowledges_with_plain_nats_py(follower: Client, log: Log) -> None:
    jetstream = follower.jetstream(prefix="FEED.API")
    durable = await jetstream.pull_subscribe(SUBJECTS, durable="mine")
    for message in await durable.fetch(4):
        await message.ack_sync()
    info = await durable.consumer_info()
    assert info.ack_floor is not None
    assert info.ack_floor.stream_seq == 4
    passing = await jetstream.pull_subscribe("modelbox.default.>", stream=stream_name(log.log_id))
    assert len(await passing.fetch(10)) == 10


async def test_a_follower_stores_nothing_in_the_feed(follower: Client, log: Log, server: EmbeddedNats) -> None:
    """Neither by publishing, nor by a request whose answer is stored, nor by a consumer that delivers there."""
    name = stream_name(log.log_id)
    jetstream = follower.jetstream(prefix="FEED.API")
    await jetstream.pull_subscribe(SUBJECTS, durable="mine")
    await follower.publish(FORGED, b"{}")
    for request in (
        f"STREAM.INFO.{name}",
        "STREAM.NAMES",
        f"CONSUMER.INFO.{name}.mine",
        f"CONSUMER.MSG.NEXT.{name}.mine",
    ):
        await follower.publish(f"FEED.API.{request}", b"1", reply=FORGED)
    for subject in (FORGED, f"$JS.API.STREAM.DELETE.{name}", f"FEED.API.STREAM.DELETE.{name}"):
        await push_to(jetstream, name, subject)
    await follower.flush()
    await asyncio.sleep(0.3)  # whatever of it is stored, is by now
    await assert_feed_is_log(server.url, log)


async def test_a_follower_changes_nothing_of_the_feed(follower: Client, log: Log) -> None:
    name = stream_name(log.log_id)
    jetstream = follower.jetstream(prefix="FEED.API", timeout=0.5)
    config = (await jetstream.stream_info(name)).config
    for attempt in (
        jetstream.delete_stream(name),
        jetstream.purge_stream(name),
        jetstream.update_stream(config.evolve(max_msgs=1)),
        jetstream.delete_msg(name, 2),
        follower.jetstream(timeout=0.5).delete_stream(name),
        jetstream.delete_consumer(name, "mine"),
    ):
        with pytest.raises((NatsTimeoutError, APIError)):
            await attempt


async def test_a_feed_from_before_there_were_passwords_is_taken_over(log: Log, tmp_path: Path) -> None:
    """Its messages and its durable consumers are there after the next start."""
    await fill(log, 10)
    [port] = free_ports(1)
    folder = tmp_path / "nats"
    folder.mkdir()
    program = shutil.which("nats-server") or str(Path(sys.executable).parent / "nats-server")
    command = [program, "--addr", "127.0.0.1", "--port", str(port), "--jetstream", "--store_dir", str(folder)]
    before = await ServerProcess.start(command, folder=folder, log=tmp_path / "log", stop_signal=signal.SIGTERM)
    url = f"nats://127.0.0.1:{port}"
    try:
        async with running(Relay(log, [url])) as relay:
            await until_relayed(relay, log)
            async with client(url) as old:
                consumer = await old.jetstream().pull_subscribe(SUBJECTS, durable="mine")
                for message in await consumer.fetch(4):
                    await message.ack_sync()
    finally:
        await before.stop(timeout_s=10)
    server = EmbeddedNats(folder, port=port)
    await server.start()
    try:
        async with running(Relay(log, [server.url])) as relay, client(server.url) as reader:
            await until_state(relay, RelayState.RUNNING)
            assert relay.status.published_total == 0
            consumer = await reader.jetstream().pull_subscribe_bind("mine", stream=stream_name(log.log_id))
            assert [message.metadata.sequence.stream for message in await consumer.fetch(10)] == list(range(5, 11))
    finally:
        await server.stop()


async def test_a_relay_with_a_wrong_password_or_too_few_rights_says_so(server: EmbeddedNats, log: Log) -> None:
    context = json.loads(server.follower_file.read_text())
    as_follower = server.address.replace("//", f"//follower:{context['password']}@")
    for url in (server.address.replace("//", "//relay:wrong@"), as_follower):
        async with running(Relay(log, [url])) as relay:
            await until_state(relay, RelayState.UNAVAILABLE)
            assert relay.status.trouble is Trouble.REFUSED
            assert context["password"] not in (relay.status.problem or "")


async def test_another_program_on_the_port_is_told_and_not_taken_for_nats(tmp_path: Path) -> None:
    [port] = free_ports(1)
    server = EmbeddedNats(tmp_path / "nats", port=port)
    other = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", port)
    async with other:
        with pytest.raises(EmbeddedServerError, match=f"port {port} .* is taken by another program"):
            await server.start()
    await server.start()
    await server.stop()


async def test_a_remembered_port_that_was_taken_is_replaced(tmp_path: Path) -> None:
    """As after a data folder was copied, and the NATS of the original runs."""
    first = EmbeddedNats(tmp_path / "nats")
    await first.start()
    shutil.copytree(tmp_path / "nats", tmp_path / "copy")
    second = EmbeddedNats(tmp_path / "copy")
    await second.start()
    assert second.address != first.address
    assert json.loads(second.follower_file.read_text())["url"] == second.address
    await second.stop()
    await first.stop()


async def push_to(jetstream: JetStreamContext, stream: str, subject: str) -> None:
    """Try to have the feed's messages delivered to a subject."""
    config = ConsumerConfig(name="push", deliver_subject=subject, ack_policy=AckPolicy.NONE, inactive_threshold=5)
    try:
        await jetstream.add_consumer(stream, config)
    except APIError:
        return


async def _ignore(_error: Any) -> None:
    """Refusals are looked at where they matter."""
