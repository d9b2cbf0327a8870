"""What earlier processes left is sent, and delays nothing that does not depend on it."""

import subprocess
import sys
from pathlib import Path

import pytest

from modelbox import ModelBox
from modelbox.delivery.buffer import Point
from modelbox.delivery.columns import records_of
from modelbox.journal.backlog import Backlog
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import Record
from modelbox.proto import modelstore_pb2 as pb
from modelbox.syncing import sync_journals
from modelbox.transport import methods
from tests.integration.journal_support import left, logged_steps
from tests.integration.sdk_server import SdkServer, wait_until

MANY = 20_000


def leave(server: SdkServer, folder: Path, object_id: str) -> None:
    """Leave a journal that takes long to send: so many calls, each by itself."""
    backlog = Backlog(JournalFolder(JournalSettings(folder, free_bytes_min=0), server.address))
    for number in range(MANY):
        event = pb.Event(name=f"event {number}")
        request = pb.LogEventRequest(parent_id=object_id, event=event)
        backlog.append(Record(methods.LOG_EVENT.name, request.SerializeToString()))
    backlog.close()


def test_what_was_left_does_not_delay_what_does_not_depend_on_it(
    sdk_server: SdkServer, client: ModelBox, journal_folder: Path
) -> None:
    """An experiment and a run are made, logged on and read while thousands of older calls wait."""
    former = client.new_experiment("former").new_run(source=False, heartbeat=False)
    leave(sdk_server, journal_folder, former.id)
    with ModelBox(sdk_server.address) as box:
        run = box.new_experiment("digits").new_run(source=False, heartbeat=False)
        run.log_metrics({"loss": 0.5}, step=1)
        run.update_metadata("note", "quick")
        box.flush(60)
        assert [point.step for point in run.metrics("loss")["loss"]] == [1]
        assert run.metadata() == {"note": "quick"}
        assert max(found.calls for found in left(journal_folder)) > MANY - 500


def test_what_is_logged_on_an_object_of_which_something_was_left_comes_after_it(
    sdk_server: SdkServer, client: ModelBox, journal_folder: Path
) -> None:
    run = client.new_experiment("former").new_run(source=False, heartbeat=False)
    backlog = Backlog(JournalFolder(JournalSettings(journal_folder, free_bytes_min=0), sdk_server.address))
    for value in range(300):
        metadata = pb.Metadata(json={"note": str(value)})
        request = pb.UpdateMetadataRequest(parent_id=run.id, metadata=metadata)
        backlog.append(Record(methods.UPDATE_METADATA.name, request.SerializeToString()))
    for record in records_of([Point(run.id, "loss", 1, 1.0, 1.0)]):
        backlog.append(record)
    backlog.close()
    with ModelBox(sdk_server.address) as box:
        mine = box.object(run.id)
        mine.update_metadata("note", "last")
        box.flush(60)
        assert [change.value for change in run.metadata_history("note")] == ["last", *range(299, -1, -1)]


LATE = """
import atexit, sys
def late():
    run.log_metrics({"loss": 2.0}, step=2, wallclock=1.7e9)
    run.log_event("end", wallclock=1.7e9)
    later = client.new_experiment("late").new_run(source=False)
    later.log_metrics({"loss": 3.0}, step=3)
atexit.register(late)
import modelbox
client = modelbox.ModelBox(sys.argv[1])
run = client.object(sys.argv[2])
run.log_metrics({"loss": 1.0}, step=1, wallclock=1.7e9)
"""


@pytest.mark.parametrize("is_there", [True, False])
def test_a_handler_of_the_end_that_was_registered_before_the_client_still_logs(
    sdk_server: SdkServer, client: ModelBox, journal_folder: Path, is_there: bool
) -> None:
    """It runs when the client is closed already, and no thread can be started any more."""
    run = client.new_experiment("digits").new_run(source=False, heartbeat=False)
    if not is_there:
        sdk_server.stop()
    command = [sys.executable, "-c", LATE, sdk_server.address, run.id]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("logged after the end of the client") == 1
    if not is_there:
        sdk_server.start()
    sync_journals(JournalSettings(journal_folder), sdk_server.address, away_s_max=60)
    assert logged_steps(sdk_server, run.id) == [1, 2]
    wait_until(lambda: [event.name for event in run.events()] == ["end"])
    [late] = client.new_experiment("late").runs()
    assert logged_steps(sdk_server, late.id) == [3]
