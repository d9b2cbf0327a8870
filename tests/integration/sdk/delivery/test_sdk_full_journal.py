"""A full disk keeps what is logged out of the journal, and the process is killed: each point is recorded once."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelbox import ModelBox
from modelbox.journal.folder import JournalSettings
from modelbox.syncing import sync_journals
from tests.integration.journal_support import TIMEOUT_S, AnswerHolder, logged_steps, train
from tests.integration.sdk_server import SdkServer, wait_until

LOGS_WITHOUT_ROOM = """
from modelbox.journal.folder import JournalFolder, NoRoomError
def no_room(*_):
    raise NoRoomError("full")
JournalFolder.check_room = no_room
log(range(1))
client.flush()
ready()
log(range(1, 51))
print("logged", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def proxy(sdk_server: SdkServer) -> Iterator[AnswerHolder]:
    holder = AnswerHolder(sdk_server.address)
    yield holder
    holder.close()


def test_points_that_were_sent_without_a_journal_are_not_recorded_again_after_a_kill(
    sdk_server: SdkServer, client: ModelBox, journal_folder: Path, proxy: AnswerHolder
) -> None:
    run = client.new_experiment("digits").new_run(source=False, heartbeat=False)
    with train(LOGS_WITHOUT_ROOM, proxy.address, run.id) as trainer:
        assert trainer.stdout is not None
        proxy.hold_answers(trainer)
        assert trainer.stdout.readline() == b"logged\n"
        wait_until(lambda: len(logged_steps(sdk_server, run.id)) > 1)
        trainer.kill()
        trainer.wait(TIMEOUT_S)
    settings = JournalSettings(journal_folder)
    sync_journals(settings, sdk_server.address, written_for=proxy.address, away_s_max=TIMEOUT_S)
    assert Counter(logged_steps(sdk_server, run.id)) == Counter(range(51))
