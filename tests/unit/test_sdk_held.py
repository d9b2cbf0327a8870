"""What a process holds goes only where it is sure that nobody can send it any more."""

from pathlib import Path

import msgspec
import pytest

from modelbox.delivery.held import Held
from modelbox.delivery.held_files import HeldFiles
from modelbox.delivery.keeping import keeping
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.values import LocalFile

ENDED_PID = 4194999
"""No process has a number as high as that."""


def held_by_ended(folder: Path, journals: Path | None, **changes: str) -> Held:
    """Hold a file, as if a process had done so that has ended; where the holder says otherwise, as given."""
    path = folder / "step-1.ckpt"
    path.write_bytes(b"weights")
    held = HeldFiles(journals).hold(path, "one")
    holder = held.folder / "holder"
    said = {**msgspec.json.decode(holder.read_bytes()), "pid": ENDED_PID, **changes}
    holder.write_bytes(msgspec.json.encode({key: value for key, value in said.items() if value}))
    return held


def hold_another(folder: Path) -> None:
    path = folder / "step-2.ckpt"
    path.write_bytes(b"weights")
    HeldFiles(folder / "journals").hold(path, "two")


@pytest.mark.skipif(not Path("/proc/self/ns/pid").exists(), reason="the system has no namespaces")
def test_what_another_container_with_the_same_host_name_holds_is_left_to_it(tmp_path: Path) -> None:
    held = held_by_ended(tmp_path, tmp_path / "journals", space="pid:[1]")
    hold_another(tmp_path)
    assert (held.files / "step-1.ckpt").read_bytes() == b"weights"


def test_what_an_earlier_version_holds_whose_journals_are_not_to_be_seen_is_left_to_it(tmp_path: Path) -> None:
    held = held_by_ended(tmp_path, tmp_path / "elsewhere" / "journals", space="")
    hold_another(tmp_path)
    assert held.is_there


@pytest.mark.parametrize("says_space", [True, False])
def test_what_an_ended_process_of_this_machine_held_in_vain_goes(tmp_path: Path, *, says_space: bool) -> None:
    journals = tmp_path / "journals"
    journals.mkdir()
    held = held_by_ended(tmp_path, journals, **({} if says_space else {"space": ""}))
    hold_another(tmp_path)
    assert not held.folder.exists()


@pytest.fixture
def journaled(tmp_path: Path) -> tuple[HeldFiles, Held]:
    """Hold a file that a journal names, as at the end of a client whose server is away."""
    path = tmp_path / "step-1.ckpt"
    path.write_bytes(b"weights")
    files = HeldFiles(tmp_path / "journals")
    held = files.hold(path, "one")
    journal = JournalFolder(JournalSettings(tmp_path / "journals"), "server:8085", of_files=True).create()
    journal.append(keeping("one", held, [LocalFile(held.files / path.name)]))
    journal.close()
    return files, held


@pytest.mark.parametrize("what", ["journals", "journals/*.files"])
def test_what_a_journal_names_that_cannot_be_read_now_stays(
    journaled: tuple[HeldFiles, Held], tmp_path: Path, what: str
) -> None:
    """As on a network's file system that fails; a link to itself cannot be read either."""
    files, held = journaled
    [path] = tmp_path.glob(what)
    path.rename(tmp_path / "away")
    path.symlink_to(path)
    files.release_lost()
    assert held.is_there


def test_what_an_unreadable_journal_may_name_stays(journaled: tuple[HeldFiles, Held], tmp_path: Path) -> None:
    """Such as one of a later version."""
    files, held = journaled
    [journal] = (tmp_path / "journals").glob("*.files")
    with journal.open("r+b") as file:
        file.write(b"MBJRNL\x02\n")
    files.release_lost()
    assert held.is_there


def test_what_no_journal_names_goes_at_the_end(journaled: tuple[HeldFiles, Held], tmp_path: Path) -> None:
    """Also where a journal was never finished, or is gone."""
    files, held = journaled
    [journal] = (tmp_path / "journals").glob("*.files")
    journal.unlink()
    (tmp_path / "journals" / "killed.files").touch()
    files.release_lost()
    assert not held.folder.exists()
