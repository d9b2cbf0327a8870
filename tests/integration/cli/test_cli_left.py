"""What the command line tells of what waits on this machine, and of what was refused."""

import os
import pty
import signal
import subprocess
from itertools import takewhile
from pathlib import Path

import grpc
import pytest

from modelbox import ModelBox
from modelbox.errors import InvalidFieldError
from modelbox.journal.folder import JournalFolder, JournalSettings, NoRoomError
from modelbox.refusals import whole_keys
from tests.integration.cli_calls import run
from tests.integration.hostile_server import Forwarder, HostileServer, Said
from tests.integration.journal_support import MODELBOX, refused, sync, train, trained
from tests.integration.sdk_server import SdkServer

UNKNOWN_RUN = "0190c0de-0000-4000-8000-00000000dead"


@pytest.fixture(autouse=True)
def journal_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(folder))
    return folder


def test_metrics_that_an_ended_process_left_are_in_what_is_read(sdk_server: SdkServer, client: ModelBox) -> None:
    run_id = client.start_run("killed", source=False, heartbeat=False).id
    client.flush()
    sdk_server.stop()
    with train("log(range(100))\njournaled(100)\nready()", sdk_server.address, run_id) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    sdk_server.start()
    client.run(run_id)  # this client waits until the view has it
    told = run("metrics", "--run", run_id, "--output", "csv", "--server-addr", sdk_server.address)
    assert len(told.stdout.splitlines()) == 101
    assert "wait here" not in told.stderr


def test_metrics_that_wait_on_this_machine_are_told_where_they_are_missing(
    sdk_server: SdkServer, client: ModelBox
) -> None:
    run_id = client.start_run("killed", source=False, heartbeat=False).id
    other = client.start_run("other", source=False, heartbeat=False).id
    client.flush()
    busy = Said(grpc.StatusCode.UNAVAILABLE, "")
    forwarder = Forwarder(sdk_server.address, lambda method, _: busy if method == "LogMetricsBatch" else None)
    try:
        with HostileServer(forwarder).serving() as address:
            assert trained("log(range(100))", address, run_id) == 0
            told = run("metrics", "--run", run_id, "--server-addr", address).stderr
            assert "of this object 100 metric points wait here, not sent yet" in told
            assert "modelbox client sync" in told
            assert "wait here" not in run("metrics", "--run", other, "--server-addr", address).stderr
    finally:
        forwarder.close()


def _refuse(server: SdkServer, client: ModelBox, count: int) -> list[str]:
    client.flush()
    server.stop()
    lost = f"client.object('{UNKNOWN_RUN}').log_event"
    program = "\n".join(f"{lost}('event {number}')\nthreading.Event().wait(0.01)" for number in range(count))
    assert trained(program, server.address, UNKNOWN_RUN) == 0
    server.start()
    sync(server.address, exit_code=1)
    return [one["key"] for one in refused(server.address, "--show")]


def test_what_is_set_aside_is_named_by_the_beginning_of_its_key(sdk_server: SdkServer, client: ModelBox) -> None:
    first, second = _refuse(sdk_server, client, 2)
    address = ("--server-addr", sdk_server.address)
    shared = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=True)))
    several = run("sync", "--refused", "--drop", "--key", shared, *address, code=1).stderr
    assert f"2 keys begin with {shared!r}: {first}, {second}; give more of it" in several
    none = run("sync", "--refused", "--drop", "--key", "ffff", *address, code=1).stderr
    assert "nothing is set aside with a key that begins with 'ffff'" in none
    beginning = first[: len(shared) + 1]
    assert [one["key"] for one in refused(sdk_server.address, "--drop", "--key", f"{beginning}\u2026")] == [first]
    assert [one["key"] for one in refused(sdk_server.address, "--show")] == [second]
    with pytest.raises(InvalidFieldError):
        whole_keys(JournalSettings(Path(os.environ["MODELBOX_JOURNAL_DIR"])), sdk_server.address, [""])


def test_a_terminal_shows_the_whole_key_and_the_whole_problem(sdk_server: SdkServer, client: ModelBox) -> None:
    [key] = _refuse(sdk_server, client, 1)
    [refusal] = refused(sdk_server.address, "--show")
    mine, theirs = pty.openpty()
    command = [MODELBOX, "client", "sync", "--refused", "--show", "--server-addr", sdk_server.address]
    subprocess.run(command, stdout=theirs, check=True, timeout=60)
    os.close(theirs)
    shown = os.read(mine, 65536).decode()
    os.close(mine)
    assert key in shown
    assert refusal["problem"] in shown


def test_what_was_refused_is_told_while_it_is_news(
    sdk_server: SdkServer, client: ModelBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _refuse(sdk_server, client, 1)
    assert "refused within the last day and set aside: 1 call; see" in run("journal").stderr
    monkeypatch.setattr("modelbox.cli.commands.client.journal._NEWS_S", 0.0)
    assert run("journal").stderr == ""


def test_a_journal_without_room_names_its_folder_and_what_helps(tmp_path: Path) -> None:
    folder = JournalFolder(JournalSettings(tmp_path, free_bytes_min=2**62), "localhost:1")
    file = folder.create()
    with pytest.raises(NoRoomError, match=f"disk of {tmp_path}: make room there, or set MODELBOX_JOURNAL_DIR"):
        folder.check_room(file, 1)
    full = JournalFolder(JournalSettings(tmp_path, bytes_max=1), "localhost:1")
    with pytest.raises(NoRoomError, match=f"the journals in {tmp_path} may take 1 bytes.*modelbox client sync"):
        full.check_room(file, 1)
    file.close()
