"""The journal on the real server: whatever ends first, every point is there once, by the view and by the log."""

import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, time

import asyncpg
import pytest

from modelbox import Experiment, ModelBox, RefusedError, Run
from modelbox.delivery import attempts
from modelbox.delivery.buffer import Point
from modelbox.delivery.columns import records_of
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.values import LocalFile
from tests.integration.journal_support import (
    MODELBOX,
    AnswerHolder,
    check,
    left,
    logged_steps,
    shown,
    sync,
    train,
    trained,
)
from tests.integration.sdk_server import SdkServer, wait_until


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("digits").new_run(source=False, heartbeat=False)


def test_a_trainer_that_ends_while_the_server_is_away_is_synced_later(
    sdk_server: SdkServer, run: Run, journal_folder: Path
) -> None:
    sdk_server.stop()
    program = """
log(range(500))
run.update_metadata("note", "offline")
run.log_event("epoch", wallclock=1.7e9)
log(range(500, 1000))
"""
    assert trained(program, sdk_server.address, run.id) == 0
    sdk_server.start()
    [sent] = sync(sdk_server.address)
    assert (sent["points"], sent["calls"], sent["refused"], sent["waiting"]) == (1000, 2, 0, 0)
    check(sdk_server, run.id, range(1000))
    assert run.metadata() == {"note": "offline"}
    assert [event.name for event in run.events()] == ["epoch"]
    assert left(journal_folder) == []
    assert sync(sdk_server.address) == []


def test_a_killed_trainer_loses_nothing_that_was_handed_over(
    sdk_server: SdkServer, run: Run, journal_folder: Path
) -> None:
    sdk_server.stop()
    program = """
log(range(2000))
journaled(2000)
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert trained(program, sdk_server.address, run.id) == -signal.SIGKILL
    assert [(found.points, found.in_use) for found in left(journal_folder)] == [(2000, False)]
    sdk_server.start()
    sync(sdk_server.address)
    check(sdk_server, run.id, range(2000))


def test_a_trainer_killed_at_any_moment_leaves_the_beginning_of_what_it_logged(sdk_server: SdkServer, run: Run) -> None:
    """With the server there and away in turns: what arrived is the beginning, whole, each point once."""
    program = "import itertools, time\nfor step in itertools.count():\n    log([step])\n    time.sleep(0.0001)"
    with train(program, sdk_server.address, run.id):
        wait_until(lambda: len(logged_steps(sdk_server, run.id)) > 1000)
        sdk_server.stop()
        sdk_server.start()
        wait_until(lambda: len(logged_steps(sdk_server, run.id)) > 3000)
    sync(sdk_server.address)
    steps = logged_steps(sdk_server, run.id)
    check(sdk_server, run.id, range(len(steps)))


def test_a_process_sends_by_itself_when_the_server_is_back(sdk_server: SdkServer, client: ModelBox, run: Run) -> None:
    sdk_server.stop()
    began = monotonic()
    for step in range(5000):
        run.log_metrics({"loss": float(step)}, step=step)
        if step % 1000 == 0:
            run.update_metadata("step", step)
    assert monotonic() - began < 2.0
    assert client.delivery().waiting_calls == 5
    sdk_server.start()
    client.flush()
    check(sdk_server, run.id, range(5000))
    assert run.metadata() == {"step": 4000}


def test_the_next_client_sends_what_an_earlier_one_left_and_before_its_own(sdk_server: SdkServer, run: Run) -> None:
    sdk_server.stop()
    assert trained("log(range(300))\nrun.update_metadata('who', 'first')", sdk_server.address, run.id) == 0
    sdk_server.start()
    assert trained("log(range(300, 400))\nrun.update_metadata('who', 'second')", sdk_server.address, run.id) == 0
    check(sdk_server, run.id, range(400))
    assert run.metadata() == {"who": "second"}
    assert [change.value for change in run.metadata_history("who")] == ["second", "first"]


def test_the_end_of_a_program_does_not_wait_for_a_server_that_is_away(sdk_server: SdkServer, run: Run) -> None:
    sdk_server.stop()
    program = """
import atexit, time
log(range(1000))
# What is registered later runs earlier: the first of these two when the client is closed.
atexit._clear()
atexit.register(lambda: print(time.monotonic() - began))
from modelbox import session
atexit.register(session._close_all)
began = time.monotonic()
"""
    with train(program, sdk_server.address, run.id) as process:
        output, _ = process.communicate(timeout=60)
    assert float(output) < 2.0


FORK_WHEN_TOLD = """
import multiprocessing
def work(number):
    log(range(500), key=f"worker {number}")
    if sys.argv[3] == "os._exit":
        journaled(500)
        os._exit(0)
log([0], key="parent")
client.flush()
ready()
log(range(1, 100), key="parent")
workers = [multiprocessing.get_context("fork").Process(target=work, args=(number,)) for number in range(8)]
for worker in workers:
    worker.start()
for worker in workers:
    worker.join(60)
print([worker.exitcode for worker in workers], flush=True)
"""


@pytest.mark.parametrize("ending", ["return", "os._exit"])
def test_eight_forked_workers_log_while_the_server_is_away(sdk_server: SdkServer, run: Run, ending: str) -> None:
    """In a process of its own, as trainings are: that of the tests has a server in it, which no fork survives."""
    with train(FORK_WHEN_TOLD, sdk_server.address, run.id, ending) as trainer:
        assert trainer.stdout is not None
        assert trainer.stdout.readline() == b"ready\n"
        sdk_server.stop()
        output, _ = trainer.communicate(b"\n", timeout=120)
    assert (output.decode().strip(), trainer.returncode) == (str([0] * 8), 0)
    sdk_server.start()
    sync(sdk_server.address)
    check(sdk_server, run.id, range(100), key="parent")
    for number in range(8):
        check(sdk_server, run.id, range(500), key=f"worker {number}")


def test_two_syncs_at_once_send_each_point_once(sdk_server: SdkServer, run: Run) -> None:
    sdk_server.stop()
    for number in range(4):
        assert trained(f"log(range(2000), key='k{number}')", sdk_server.address, run.id) == 0
    sdk_server.start()
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(sync, [sdk_server.address] * 2))
    assert sum(sent["points"] for rows in both for sent in rows) == 8000
    for number in range(4):
        check(sdk_server, run.id, range(2000), key=f"k{number}")


@pytest.fixture
def holder(sdk_server: SdkServer) -> Iterator[AnswerHolder]:
    """A proxy before the server."""
    holder = AnswerHolder(sdk_server.address)
    yield holder
    holder.close()


LOG_WHEN_TOLD = """
log([0], key="first")
client.flush()
ready()
run.log_metrics({"bad": float("nan")}, step=1)
log(range(100))
client.flush(60)
"""


@pytest.mark.parametrize("trainer_ends", [True, False], ids=["the trainer is killed too", "the trainer goes on"])
def test_a_server_killed_between_commit_and_answer_records_once(
    sdk_server: SdkServer, run: Run, holder: AnswerHolder, *, trainer_ends: bool
) -> None:
    before = sdk_server.position() + 1  # with what it logs before it is ready
    with train(LOG_WHEN_TOLD, holder.address, run.id) as trainer:
        holder.hold_answers(trainer)
        wait_until(lambda: sdk_server.position() > before)
        # It is committed, and nobody has been told.
        sdk_server.stop()
        if trainer_ends:
            trainer.kill()
            trainer.wait(10)
        holder.cut()
        holder.answers.set()
        sdk_server.start()
        if not trainer_ends:
            assert trainer.wait(60) == 0
    assert len(sync(holder.address)) == trainer_ends
    check(sdk_server, run.id, range(100))


async def test_a_forgotten_key_does_not_record_twice(
    sdk_server: SdkServer, run: Run, holder: AnswerHolder, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server forgets keys after seven days; the points of the one batch that it may have are then looked up."""
    before = sdk_server.position() + 1  # with what it logs before it is ready
    with train(LOG_WHEN_TOLD, holder.address, run.id) as trainer:
        holder.hold_answers(trainer)
        wait_until(lambda: sdk_server.position() > before)
    holder.cut()
    holder.answers.set()
    assert len(logged_steps(sdk_server, run.id)) == 100
    connection = await asyncpg.connect(dsn)
    await connection.execute("DELETE FROM modelbox.idempotency_0; DELETE FROM modelbox.idempotency_1")
    await connection.close()
    monkeypatch.setattr(attempts, "KEY_TRUSTED_S", -1.0)
    with ModelBox(holder.address) as client:
        client.object(run.id).log_metrics({"after": 1.0})
    check(sdk_server, run.id, range(100))
    check(sdk_server, run.id, range(1, 2), key="bad")


def test_what_cannot_be_looked_up_because_it_is_too_much_is_sent(
    sdk_server: SdkServer, run: Run, journal_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First tried eight days ago; whether the server has it cannot be told: twice is better than never."""
    monkeypatch.setattr("modelbox_gateway.rpc.methods.metrics.POINTS_SHOWN_AS_COLUMNS_MAX", 50)
    with ModelBox(sdk_server.address) as client:
        for step in range(100):
            client.object(run.id).log_metrics({"loss": float(step)}, step=step)
    file = JournalFolder(JournalSettings(journal_folder), sdk_server.address).create()
    [record] = records_of([Point(run.id, "loss", step, 1.7e9, 1.0) for step in range(100, 200)])
    record.tried_at = int(time()) - 8 * 24 * 3600
    file.append(record)
    file.close()
    [sent] = sync(sdk_server.address)
    assert (sent["points"], sent["refused"], sent["waiting"]) == (100, 0, 0)
    assert logged_steps(sdk_server, run.id) == list(range(200))


def test_experiment_run_and_checkpoint_are_made_without_the_server(
    sdk_server: SdkServer, client: ModelBox, journal_folder: Path
) -> None:
    sdk_server.stop()
    program = """
experiment = client.new_experiment("offline", namespace="vision")
assert not experiment.exists
with experiment.new_run("trial", hyperparameters={"lr": 0.1}, source=False) as run:
    log(range(100))
    checkpoint = run.new_checkpoint(epoch=1, metrics={"accuracy": 0.5})
    checkpoint.log_metrics({"loss": 0.25}, step=1)
    run.log_hyperparameters({"seed": 7})
print(run.id)
"""
    assert trained(program, sdk_server.address, "00000000-0000-4000-8000-000000000000") == 0
    sdk_server.start()
    sync(sdk_server.address)
    experiment: Experiment = client.experiment(namespace="vision", name="offline")
    [run] = experiment.runs()
    assert (run.name, run.status.name) == ("trial", "FINISHED")
    assert run.hyperparameters() == {"lr": 0.1, "seed": 7}
    check(sdk_server, run.id, range(100))
    [checkpoint] = run.checkpoints()
    assert (checkpoint.epoch, checkpoint.metric_values) == (1, {"accuracy": 0.5, "loss": 0.25})
    assert left(journal_folder) == []


def test_files_are_uploaded_later_in_their_place(
    sdk_server: SdkServer, client: ModelBox, run: Run, tmp_path: Path
) -> None:
    kept, changed, gone = (tmp_path / name for name in ("kept.pt", "changed.pt", "gone.pt"))
    for path in (kept, changed, gone):
        path.write_bytes(b"weights")
    sdk_server.stop()
    for path in (kept, changed, gone):
        client._session.deliver_upload(run.id, LocalFile(path, label=f"models/{path.name}"))
    run.log_metrics({"loss": 1.0}, step=1)
    changed.write_bytes(b"other weights")
    gone.unlink()
    sdk_server.start()
    with pytest.raises(RefusedError, match=r"2 calls refused: file: .*changed.pt' has changed"):
        client.flush()
    [artifact] = run.artifacts()
    assert (artifact.path, artifact.size) == ("models/kept.pt", 7)
    assert shown(sdk_server, run.id) == [1]


def test_a_refused_record_is_told_by_sync_and_does_not_come_again(sdk_server: SdkServer, run: Run) -> None:
    sdk_server.stop()
    unknown = "00000000-0000-4000-8000-000000000000"
    assert trained(f"client.object('{unknown}').log_event('lost')\nlog(range(10))", sdk_server.address, run.id) == 0
    sdk_server.start()
    [sent] = sync(sdk_server.address, exit_code=1)
    assert (sent["points"], sent["refused"], sent["waiting"]) == (10, 1, 0)
    assert sent["problems"][0].startswith("LogEvent: parent_id: there is no object")
    check(sdk_server, run.id, range(10))
    assert sync(sdk_server.address) == []


def test_what_the_disk_has_no_room_for_is_sent_from_memory(
    sdk_server: SdkServer, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "modelbox_client.toml"
    config.write_text(f'server_addr = "{sdk_server.address}"\njournal_bytes_max = 200_000\n')
    monkeypatch.chdir(tmp_path)
    with ModelBox() as client:
        mine = client.object(run.id)
        sdk_server.stop()
        for step in range(20_000):
            mine.log_metrics({"loss": float(step)}, step=step)
        wait_until(lambda: client._session._courier._backlog.waiting.points == 20_000)
        assert 0 < client.delivery().journaled < 20_000
        sdk_server.start()
        client.flush()
    check(sdk_server, run.id, range(20_000))


def test_journals_are_listed(sdk_server: SdkServer, run: Run, journal_folder: Path) -> None:
    sdk_server.stop()
    assert trained("log(range(10))\nrun.log_event('x')", sdk_server.address, run.id) == 0
    listed = subprocess.run([MODELBOX, "client", "journal"], capture_output=True, text=True, timeout=60, check=True)
    [found] = left(journal_folder)
    assert (found.points, found.calls, found.in_use, found.server_addr) == (10, 1, False, sdk_server.address)
    assert found.path.name in listed.stdout
    assert sdk_server.address in listed.stdout
