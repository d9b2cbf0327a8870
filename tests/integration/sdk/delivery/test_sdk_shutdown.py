"""What a program does at its end, when some versions of Python start no thread: nothing hangs, nothing is lost.

`make test-pythons` runs it with each version; Python 3.12 is the one that starts none.
"""

import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from modelbox import ModelBox, Run
from modelbox.journal.folder import JournalSettings
from modelbox.syncing import sync_journals
from tests.integration.journal_support import logged_steps
from tests.integration.sdk_server import SdkServer, wait_until

PROGRAM = Path(__file__).with_name("exit_program.py")
END_S_MAX = 25.0
STARTS_NONE = sys.version_info[:2] == (3, 12)


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.new_experiment("digits").new_run(source=False, heartbeat=False)


def ended(server: SdkServer, run: Run, what: str, size: int = 1) -> str:
    """Run a program that does something when it ends; return what it printed, errors too."""
    began = monotonic()
    command = [sys.executable, str(PROGRAM), server.address, run.id, what, str(size)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert monotonic() - began < END_S_MAX
    return done.stdout + done.stderr


def test_the_first_that_a_client_logs_may_be_logged_and_flushed_at_the_end(sdk_server: SdkServer, run: Run) -> None:
    assert "flushed" in ended(sdk_server, run, "log")
    assert logged_steps(sdk_server, run.id) == [1]


@pytest.mark.parametrize("size", [1_000, 100_000, 3_000_000])
def test_a_file_to_upload_later_is_sent_at_the_end_or_by_the_next_client(
    sdk_server: SdkServer, run: Run, journal_folder: Path, size: int
) -> None:
    ended(sdk_server, run, "deliver", size)
    sync_journals(JournalSettings(journal_folder), sdk_server.address, away_s_max=30)
    wait_until(lambda: [artifact.size for artifact in run.artifacts()] == [size])


@pytest.mark.parametrize("size", [1_000, 3_000_000])
@pytest.mark.parametrize("what", ["upload", "download", "watch"])
def test_a_transfer_at_the_end_is_done_or_says_why_not(sdk_server: SdkServer, run: Run, what: str, size: int) -> None:
    printed = ended(sdk_server, run, what, size)
    assert ("done" in printed) is not STARTS_NONE
    assert ("NoThreadError" in printed) is STARTS_NONE
