"""What a run is made with is read without secrets and never in the way."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import pytest

from modelbox.capture.git import clean_url
from modelbox.capture.source import capture, tree_of_program
from modelbox.values import Source

PROGRAM = (
    "from modelbox.capture.source import capture, tree_of_program; s = capture(tree_of_program()); "
    "print(s.commit, s.branch, s.dirty, s.entry_point)"
)


@pytest.mark.parametrize(
    "url, clean",
    [
        ("https://user:password@host.org/team/code.git?token=1#x", "https://host.org/team/code.git"),
        ("https://token@host.org:8443/code", "https://host.org:8443/code"),
        ("ssh://git:password@host.org/code", "ssh://git@host.org/code"),
        ("git@host.org:team/code.git", "git@host.org:team/code.git"),
        ("/srv/code.git", "/srv/code.git"),
    ],
)
def test_an_address_keeps_no_credentials(url: str, clean: str) -> None:
    assert clean_url(url) == clean


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit of one program."""
    folder = tmp_path / "code"
    (folder / "src").mkdir(parents=True)
    (folder / "src/train.py").write_text(PROGRAM)
    _git(folder, "init", "-q", "-b", "feature/x")
    _git(folder, "add", ".")
    _git(folder, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "first")
    return folder


def test_repository_commit_branch_and_program_are_found(repository: Path) -> None:
    commit = _git(repository, "rev-parse", "HEAD")
    assert _run(repository / "src/train.py") == f"{commit} feature/x False src/train.py"
    (repository / "src/train.py").write_text(PROGRAM + "\n# changed")
    assert _run(repository / "src/train.py") == f"{commit} feature/x True src/train.py"


def test_a_program_that_git_does_not_track_is_in_no_commit(repository: Path) -> None:
    (repository / ".gitignore").write_text("ignored.py\n")
    _git(repository, "add", ".gitignore")
    _git(repository, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "second")
    for name in ("new [1].py", "ignored.py"):
        (repository / name).write_text(PROGRAM)
        assert _run(repository / name).endswith(f" feature/x True {name}")
    commit = _git(repository, "rev-parse", "HEAD")
    assert _run(repository / "src/train.py") == f"{commit} feature/x False src/train.py"


def test_the_remote_is_named_without_credentials(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    assert found().repository == str(repository)
    _git(repository, "remote", "add", "other", "https://host.org/other.git")
    _git(repository, "remote", "add", "origin", "https://me:secret@host.org/code.git")
    assert found().repository == "https://host.org/code.git"


def test_a_commit_that_is_not_there_yet_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _git(tmp_path, "init", "-q", "-b", "main")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    source = found()
    assert (source.commit, source.branch, source.dirty) == ("", "main", False)


def test_a_source_is_told_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    source = found()
    assert (source.repository, source.commit) == ("", "")
    assert source.python_version == ".".join(map(str, sys.version_info[:3]))


def test_a_source_is_told_where_the_working_directory_has_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    for program in ("train.py", None):
        monkeypatch.setattr(sys.modules["__main__"], "__file__", program, raising=False)
        assert found().commit == ""


def test_the_repository_is_the_programs_not_that_of_a_hook_which_started_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _git(tmp_path, "init", "-q", "other")
    commit = _git(repository, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "index.lock")
    assert _run(repository / "src/train.py") == f"{commit} feature/x False src/train.py"


def test_a_bare_repository_with_a_working_tree_that_is_named_is_one(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = _git(repository, "rev-parse", "HEAD")
    (repository / ".git").rename(tmp_path / "bare.git")
    _git(tmp_path / "bare.git", "config", "core.bare", "true")
    assert _run(repository / "src/train.py").split()[0] == "False"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_DIR", "bare.git")
    monkeypatch.setenv("GIT_WORK_TREE", "code")
    assert _run(repository / "src/train.py") == f"{commit} feature/x False src/train.py"


def test_a_git_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "git").write_text("#!/bin/sh\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setattr("modelbox.capture.git.TIMEOUT_S", 0.2)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    started = perf_counter()
    assert found().commit == ""
    assert perf_counter() - started < 5


def test_installed_packages_have_their_versions() -> None:
    source = found()
    assert source.dependencies["msgspec"] == version("msgspec")
    assert isinstance(source, Source)


def found() -> Source:
    """Return what this process is made with."""
    return capture(tree_of_program())


def _run(program: Path) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(program), "--password=secret"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
