"""A run that is started again with its id: one that its program ended goes on, one that somebody finished does not."""

import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from modelbox import ModelBox, Run, RunStatus
from modelbox_events.types.run import RunResumed
from tests.integration.sdk_server import SdkServer

TIMEOUT_S = 120

BEGIN = """
import modelbox, os, sys
RUN = sys.argv[1]
modelbox.ModelBox(namespace="pl").new_experiment("plain")
run = {begin}
run.log_metrics({{"loss": 1.0}})
"""

BEGINS = {
    "module": "modelbox.start_run('plain', namespace='pl', id=RUN, source=False)",
    "client": "modelbox.ModelBox(namespace='pl').start_run('plain', id=RUN, source=False)",
    "experiment": "modelbox.ModelBox(namespace='pl').new_experiment('plain').new_run(id=RUN, source=False)",
}

ENDS = {
    "well": ("", RunStatus.FINISHED, "the program ended"),
    "sys.exit": ("sys.exit(1)", RunStatus.FAILED, "SystemExit: 1"),
    "Ctrl-C": ("raise KeyboardInterrupt", RunStatus.KILLED, "KeyboardInterrupt"),
    "error": ("raise ValueError('bad')", RunStatus.FAILED, "ValueError: bad"),
    "block left by Ctrl-C": ("with run: raise KeyboardInterrupt", RunStatus.KILLED, "KeyboardInterrupt"),
    "block left by an error": ("with run: raise ValueError('bad')", RunStatus.FAILED, "ValueError: bad"),
}


class Programs:
    """Programs of one user on one machine, one after the other."""

    def __init__(self, address: str, folder: Path) -> None:
        self.run_id = str(uuid4())
        self._folder = folder
        self._environment = {
            "MODELBOX_JOURNAL_DIR": str(folder / "journal"),
            "MODELBOX_API_ADDR": address,
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
        }

    def run(self, text: str, *, begin: str = "module") -> None:
        """Run one to its end."""
        file = self._folder / "program.py"
        file.write_text(BEGIN.format(begin=BEGINS[begin]) + text, encoding="utf-8")
        self._call(str(file), self.run_id)

    def sync(self) -> None:
        """Send what waits."""
        self._call("-m", "modelbox.cli.main", "client", "sync")

    def _call(self, *args: str) -> None:
        command = [sys.executable, *args]
        subprocess.run(command, env=self._environment, check=False, timeout=TIMEOUT_S, stderr=subprocess.DEVNULL)


@pytest.fixture
def programs(client: ModelBox, tmp_path: Path) -> Programs:
    return Programs(client.address, tmp_path)


def shown(client: ModelBox, programs: Programs) -> Run:
    """Return the run, as of all that the programs did."""
    client.new_experiment("plain", namespace="pl").update(description=str(uuid4()))
    return client.run(programs.run_id)


@pytest.mark.parametrize("end", ENDS)
def test_a_run_that_its_program_ended_goes_on_when_it_is_started_again(
    client: ModelBox, programs: Programs, end: str
) -> None:
    text, status, reason = ENDS[end]
    programs.run(text)
    ended = shown(client, programs)
    assert (ended.status, ended.reason) == (status, reason)
    programs.run("assert run.status is modelbox.RunStatus.RUNNING; run._session.flush(); os._exit(0)")
    again = shown(client, programs)
    assert (again.status, again.reason, again.ended_at) == (RunStatus.RUNNING, "", None)
    programs.run("run.finish()")
    assert shown(client, programs).status is RunStatus.FINISHED
    assert len(client.run(programs.run_id).metrics()["loss"]) == 3


@pytest.mark.parametrize("begin", BEGINS)
def test_whoever_starts_a_run_again_ends_it(client: ModelBox, programs: Programs, begin: str) -> None:
    programs.run("sys.exit(1)", begin=begin)
    programs.run("sys.exit(2)", begin=begin)
    assert shown(client, programs).reason == "SystemExit: 2"


def test_a_run_whose_program_was_killed_ends_with_the_one_that_starts_it_again(
    client: ModelBox, programs: Programs
) -> None:
    programs.run("run._session.flush(); os.kill(os.getpid(), 9)")
    programs.run("")
    assert shown(client, programs).status is RunStatus.FINISHED


@pytest.mark.parametrize("status", ["finished", "failed", "killed"])
def test_a_run_that_somebody_finished_does_not_go_on_unasked(client: ModelBox, programs: Programs, status: str) -> None:
    programs.run(f"run.finish({status!r}, 'as I say')")
    programs.run(f"assert run.status.name.lower() == {status!r}; sys.exit(1)")
    run = shown(client, programs)
    assert (run.status.name.lower(), run.reason) == (status, "as I say")


@pytest.mark.parametrize("returns", ["after all", "between"])
def test_a_run_goes_on_that_was_ended_while_the_server_was_away(
    sdk_server: SdkServer, client: ModelBox, programs: Programs, returns: str
) -> None:
    sdk_server.stop()
    programs.run("sys.exit(1)")
    if returns == "between":
        sdk_server.start()
        programs.run("run._session.flush(); os._exit(0)")
        programs.sync()
    else:
        programs.run("run.log_metrics({'loss': 0.5}); os._exit(0)")
        sdk_server.start()
        programs.sync()
    run = shown(client, programs)
    assert run.status is RunStatus.RUNNING
    programs.run("")
    assert (shown(client, programs).status, shown(client, programs).reason) == (
        RunStatus.FINISHED,
        "the program ended",
    )


def test_what_an_earlier_program_said_late_neither_ends_nor_resumes_a_run(
    sdk_server: SdkServer, client: ModelBox, programs: Programs, tmp_path: Path
) -> None:
    """Its journal waited on another machine, say."""
    (tmp_path / "other").mkdir()
    other = Programs(client.address, tmp_path / "other")
    other.run_id = programs.run_id
    sdk_server.stop()
    other.run("sys.exit(1)")
    sdk_server.start()
    programs.run("run._session.flush(); os._exit(0)")
    other.sync()
    assert shown(client, programs).status is RunStatus.RUNNING
    programs.run("sys.exit(2)")
    assert shown(client, programs).reason == "SystemExit: 2"
    assert [event.type for event in sdk_server.events()].count(RunResumed.__name__) == 0


def test_a_run_that_is_started_again_is_resumed_once_however_often_that_is_sent(
    sdk_server: SdkServer, client: ModelBox, programs: Programs
) -> None:
    programs.run("sys.exit(1)")
    client.start_run("plain", namespace="pl", id=programs.run_id, heartbeat=False)
    client.start_run("plain", namespace="pl", id=programs.run_id, heartbeat=False)
    assert [event.type for event in sdk_server.events()].count(RunResumed.__name__) == 1


def test_a_run_is_heard_of_from_its_beginning(client: ModelBox) -> None:
    """Killed before its first heartbeat, it shows as lost after a minute; one without heartbeats never does."""
    client._session.heartbeat.close()
    with_one = client.start_run("plain", source=False)
    without = client.start_run("plain", source=False, heartbeat=False)
    assert with_one.refreshed().last_heard_of_at is not None
    assert without.refreshed().last_heard_of_at is None
    without.finish()
    assert without.resume(heartbeat=True, reopen=True).last_heard_of_at is not None


def test_a_run_of_which_a_journal_tells_is_heard_of_when_that_is_sent(
    sdk_server: SdkServer, client: ModelBox, programs: Programs
) -> None:
    sdk_server.stop()
    programs.run("os.kill(os.getpid(), 9)")
    sdk_server.start()
    programs.sync()
    run = shown(client, programs)
    assert run.status is RunStatus.RUNNING
    assert run.last_heard_of_at is not None
