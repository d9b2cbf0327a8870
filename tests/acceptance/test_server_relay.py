"""The feed of a running server: what its operator sees of it, what mends itself, and what a command mends."""

import asyncio
import json
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nats
import pytest

from tests.acceptance.calls import create_model
from tests.acceptance.server_process import ServerProcess, get_json

ROOM_MIB = 200


def status_of(server: ServerProcess) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the findings of `relay status`."""
    run = server.modelbox("relay", "status", "--output", "json")
    found: dict[str, Any] = json.loads(run.stdout)
    return run.returncode, found


def feed_of(server: ServerProcess) -> dict[str, Any]:
    """Return what the health report says of the feed."""
    address = json.loads((server.data / "server.json").read_text())["http_addr"]
    found: dict[str, Any] = get_json(f"http://{address}/health")[1]["parts"]["feed"]
    return found


def is_complete(server: ServerProcess) -> bool:
    """Whether the feed has all that the log has."""
    code, found = status_of(server)
    return code == 0 and found["state"] == "complete" and found["position"] == found["log_position"]


async def forge(server: ServerProcess) -> None:
    """Publish what the log does not have, as only the relay's user can."""
    context = json.loads((server.data / "nats/relay.json").read_text())
    rogue = await nats.connect(context["url"], user=context["user"], password=context["password"])
    await rogue.jetstream().publish("modelbox.default.model.x.ModelCreated", b"{}")
    await rogue.close()


async def replace_feed(server: ServerProcess, name: str) -> None:
    """Put another stream in the feed's place."""
    context = json.loads((server.data / "nats/relay.json").read_text())
    operator = await nats.connect(context["url"], user=context["user"], password=context["password"])
    jetstream = operator.jetstream()
    await jetstream.delete_stream(await jetstream.find_stream_name_by_subject("modelbox.>"))
    await jetstream.add_stream(name=name, subjects=["modelbox.>"])
    await operator.close()


def test_status_says_how_far_the_feed_is(running: ServerProcess) -> None:
    create_model(running.info()["grpc_addr"], "one")
    running.wait_until(lambda: is_complete(running))
    _, found = status_of(running)
    assert (found["trouble"], found["lag_events"], found["lag_s"]) == (None, 0, 0.0)
    shown = running.modelbox("relay", "status")
    assert (shown.returncode, "state" in shown.stdout, "complete" in shown.stdout) == (0, True, True)


def test_rebuild_asks_first(running: ServerProcess) -> None:
    declined = running.modelbox("relay", "rebuild")
    assert declined.returncode == 1
    assert "Delete the feed and fill it again from the log?" in declined.stderr
    before = status_of(running)[1]
    rebuilt = running.modelbox("relay", "rebuild", "--yes", "--output", "json")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert json.loads(rebuilt.stdout)["position"] == before["log_position"]
    assert is_complete(running)


def test_halted_feed_says_why_everywhere_keeps_no_call_out_and_is_mended_by_a_command(server: ServerProcess) -> None:
    info = server.start()
    create_model(info["grpc_addr"], "one")
    server.wait_until(lambda: is_complete(server))
    asyncio.run(forge(server))
    create_model(info["grpc_addr"], "two")
    server.wait_until(lambda: feed_of(server)["state"] == "halted")
    assert server.stop() == 0

    info = server.start()  # ready all the same
    server.wait_until(lambda: feed_of(server)["state"] == "halted")
    create_model(info["grpc_addr"], "three")
    server.wait_until(lambda: feed_of(server)["details"]["lag_s"] > 1)
    feed = feed_of(server)
    assert (feed["details"]["trouble"], feed["details"]["position"], feed["details"]["lag_events"]) == ("forked", 1, 2)
    assert "the message there is not the log's event" in feed["reason"]
    assert feed["reason"].index("modelbox log fork") < feed["reason"].index("modelbox relay rebuild")
    assert "modelbox relay rebuild" in server.log_text()
    code, found = status_of(server)
    assert (code, found["state"], found["trouble"], found["lag_events"]) == (1, "halted", "forked", 2)
    assert found["lag_s"] > 1

    rebuilt = server.modelbox("relay", "rebuild", "--yes")
    assert rebuilt.returncode == 0, rebuilt.stderr
    server.wait_until(lambda: feed_of(server)["state"] == "running")
    create_model(info["grpc_addr"], "four")
    server.wait_until(lambda: is_complete(server))
    assert server.stop() == 0


def test_feed_in_the_way_is_told_everywhere_and_retired_by_an_operators_word(server: ServerProcess) -> None:
    """The feed of another log: not even in the server's own NATS does it make room by itself."""
    info = server.start()
    create_model(info["grpc_addr"], "one")
    server.wait_until(lambda: is_complete(server))
    asyncio.run(replace_feed(server, "MODELBOX_other"))
    create_model(info["grpc_addr"], "two")
    server.wait_until(lambda: feed_of(server)["details"]["trouble"] == "taken")

    shown = server.modelbox("relay", "status")
    assert (shown.returncode, "None" in shown.stdout) == (1, False)
    assert "modelbox relay rebuild --take-over" in shown.stderr
    code, found = status_of(server)
    assert (code, found["state"], found["trouble"], found["lag_events"]) == (1, "halted", "taken", 2)
    assert server.modelbox("relay", "rebuild", "--yes").returncode == 1
    declined = server.modelbox("relay", "rebuild", "--take-over")
    assert (declined.returncode, "Retire stream MODELBOX_other" in declined.stderr) == (1, True)
    taken = server.modelbox("relay", "rebuild", "--take-over", "--yes", "--output", "json")
    assert taken.returncode == 0, taken.stderr
    assert json.loads(taken.stdout)["retired"] == "MODELBOX_other"
    server.wait_until(lambda: is_complete(server))
    server.wait_until(lambda: feed_of(server)["state"] == "running")
    shown = server.modelbox("relay", "status")
    assert (shown.returncode, "None" in shown.stdout) == (0, False)
    assert server.stop() == 0


def test_damaged_store_mends_itself(server: ServerProcess) -> None:
    info = server.start()
    for number in range(20):
        create_model(info["grpc_addr"], f"model {number}")
    server.wait_until(lambda: is_complete(server))
    assert server.stop() == 0
    [block] = (server.data / "nats").rglob("MODELBOX*/msgs/*.blk")
    with block.open("r+b") as file:
        file.seek(block.stat().st_size // 2)
        file.write(os.urandom(100))

    info = server.start()
    create_model(info["grpc_addr"], "after the damage")
    server.wait_until(lambda: "feed_rebuilt" in server.log_text())
    server.wait_until(lambda: is_complete(server))
    assert server.log_text().count("feed_") < 10
    assert server.stop() == 0


def test_store_that_keeps_nats_from_starting_is_put_aside(server: ServerProcess) -> None:
    """Calls are taken meanwhile; the feed is filled again."""
    create_model(server.start()["grpc_addr"], "one")
    assert server.stop() == 0
    store = server.data / "nats/jetstream"
    store.rename(server.data / "nats/lost")
    store.write_text("no folder")

    info = server.start()
    create_model(info["grpc_addr"], "two")
    server.wait_until(lambda: "nats_store_put_aside" in server.log_text())
    server.wait_until(lambda: is_complete(server))
    assert status_of(server)[1]["position"] == 2
    assert server.stop() == 0


@pytest.fixture
def small_disk(server: ServerProcess) -> Iterator[Path]:
    """A disk of its own for the server's NATS."""
    folder = server.data / "nats"
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_MIB}m,mode=755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a disk that can be filled")
    yield folder
    server.close()
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_feed_goes_on_by_itself_once_a_full_disk_has_room_again(server: ServerProcess, small_disk: Path) -> None:
    info = server.start()
    create_model(info["grpc_addr"], "before")
    server.wait_until(lambda: is_complete(server))
    ballast = small_disk / "ballast"
    fill(ballast)
    server.wait_until(lambda: is_not_stored(server, info["grpc_addr"]))
    server.wait_until(lambda: "make room" in (feed_of(server)["reason"] or ""))
    assert server.readyz()[0] == 200
    assert feed_of(server)["details"]["lag_events"] >= 1
    ballast.unlink()
    server.wait_until(lambda: is_complete(server))
    create_model(info["grpc_addr"], "after")
    server.wait_until(lambda: is_complete(server))
    assert server.stop() == 0


def is_not_stored(server: ServerProcess, address: str) -> bool:
    """Record another event, which may still fit into a page of a file; return whether the feed took no more."""
    create_model(address, uuid.uuid4().hex)
    return bool(feed_of(server)["details"]["trouble"] == "not_storing")


def fill(ballast: Path) -> None:
    """Write until the disk has no byte left."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 2**20)
        except OSError:
            pass
        try:
            while True:
                file.write(b"\0")
        except OSError:
            return
