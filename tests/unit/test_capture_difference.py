"""What is not committed is kept as a patch that brings it back, whatever a repository is and has configured."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep

import pytest

from modelbox.capture.difference import NAMED_MAX, difference, looks_secret
from modelbox.capture.git import WorkingTree, working_tree
from modelbox.limits import DIFFERENCE_BYTES_MAX

BINARY = bytes(range(256)) * 8
LATIN = "größe = 1  # \xff\n".encode("latin-1")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is."""
    monkeypatch.setattr("modelbox.capture.git.TIMEOUT_S", 60.0)
    monkeypatch.setattr("modelbox.capture.difference.TIMEOUT_S", 60.0)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit, and changes of every kind that are in none."""
    folder = tmp_path / "code"
    (folder / "src").mkdir(parents=True)
    for name, content in (
        ("src/train.py", b"one\ntwo\nthree\n"),
        ("src/gone.py", b"gone\n"),
        ("src/moved.py", b"moved\n" * 20),
        ("tool.sh", b"echo\n"),
        ("binary", b"\0" + BINARY),
        ("latin.py", b"x = 1\n"),
        ("größe \n.txt", b"a\n"),
        ("windows.txt", b"a\r\nb\r\n"),
        ("-dash.py", b"a\n"),
    ):
        (folder / name).write_bytes(content)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    (folder / "src/train.py").write_bytes(b"one\n2\nthree")
    (folder / "src/gone.py").unlink()
    (folder / "src/moved.py").rename(folder / "src/here.py")
    (folder / "tool.sh").chmod(0o755)
    (folder / "binary").write_bytes(BINARY + b"\0")
    (folder / "latin.py").write_bytes(LATIN)
    (folder / "größe \n.txt").write_bytes(b"b\n")
    (folder / "windows.txt").write_bytes(b"a\r\nc\r\n")
    (folder / "-dash.py").write_bytes(b"b\n")
    (folder / "staged.py").write_bytes(b"staged\n")
    git(folder, "add", "staged.py", "src/here.py")
    (folder / "staged.py").write_bytes(b"staged, and changed again\n")
    return folder


def git(folder: Path, *arguments: str) -> str:
    person = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    command = ["git", "-C", str(folder), *person, *arguments]
    return subprocess.run(command, capture_output=True, check=True).stdout.decode(errors="replace").strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "a commit")
    return git(folder, "rev-parse", "HEAD")


def tree_of(folder: Path, program: str = "src/train.py") -> WorkingTree:
    tree = working_tree(folder, folder / program)
    assert tree is not None
    return tree


def kept(folder: Path, program: str = "src/train.py") -> bytes:
    found = difference(tree_of(folder, program))
    assert found.problem == ""
    return found.patch


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Return the files of a folder but git's own: their bytes, and whether they can be executed."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mode & 0o100)
        for path in folder.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def brought_back(folder: Path, patch: bytes, into: Path) -> dict[str, tuple[bytes, int]]:
    """Return the files of the commit with the patch, as `git apply` has them."""
    git(into.parent, "clone", "-q", str(folder), str(into))
    file = into.parent / "uncommitted.diff"
    file.write_bytes(patch)
    git(into, "apply", str(file))
    return files(into)


def test_a_patch_brings_everything_back_that_git_tracks(repository: Path, tmp_path: Path) -> None:
    patch = kept(repository)
    assert patch.startswith(b"# What a working tree had beyond commit " + git(repository, "rev-parse", "HEAD").encode())
    assert brought_back(repository, patch, tmp_path / "again") == files(repository)
    commit(repository)
    assert kept(repository) == b""


def test_a_name_may_be_any_bytes(repository: Path, tmp_path: Path) -> None:
    for name in (b"n\xff.py", b"secret\xff.txt"):
        Path(os.fsdecode(bytes(repository) + b"/" + name)).write_bytes(LATIN)
        git(repository, "add", ".")
    patch = kept(repository)
    assert b"# Left out, for their names look like secrets: secret?.txt\n" in patch
    assert brought_back(repository, patch, tmp_path / "again")[os.fsdecode(b"n\xff.py")] == (LATIN, 0)


def test_a_program_that_git_does_not_track_is_in_the_patch_and_other_such_files_are_not(
    repository: Path, tmp_path: Path
) -> None:
    (repository / ".gitignore").write_text("ignored.py\n", encoding="utf-8")
    commit(repository)
    for name in ("src/new [1] ü.py", "ignored.py"):
        (repository / name).write_bytes(LATIN)
        (repository / "data.csv").write_bytes(b"1,2\n")
        tree = tree_of(repository, name)
        assert (tree.is_dirty, tree.changed, tree.untracked) == (True, (), name)
        again = brought_back(repository, kept(repository, name), tmp_path / Path(name).stem)
        assert again[name] == (LATIN, 0)
        assert "data.csv" not in again


def test_files_named_as_secrets_are_left_out_and_the_head_says_so(repository: Path, tmp_path: Path) -> None:
    for name in (".env", "deploy/id_rsa", "Secrets/a.txt"):
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_bytes(b"hunter1\n")
        git(repository, "add", name)
    patch = kept(repository)
    assert b"hunter1" not in patch
    assert patch.splitlines()[1] == (
        b"# Left out, for their names look like secrets: .env, Secrets/a.txt, deploy/id_rsa"
    )
    again = brought_back(repository, patch, tmp_path / "again")
    assert again["src/train.py"] == files(repository)["src/train.py"]
    for n in range(NAMED_MAX):
        (repository / f"secret{n}").write_bytes(b"hunter1\n")
    git(repository, "add", ".")
    assert kept(repository).splitlines()[1].endswith(b" and 3 more")


def test_what_only_secrets_differ_in_is_not_kept(repository: Path) -> None:
    (repository / ".env").write_bytes(b"hunter1\n")
    commit(repository)
    (repository / ".env").write_bytes(b"hunter2\n")
    assert difference(tree_of(repository)).problem.endswith("names look like secrets")
    (repository / "secret_program.py").write_bytes(b"hunter1\n")
    assert difference(tree_of(repository, "secret_program.py")).patch == b""


@pytest.mark.parametrize(
    "name", [".env", "a/.ENV.local", "server.PEM", "k/tls.key", ".aws/config", "my-credentials.json"]
)
def test_names_of_secrets_are_known(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["train.py", "keys.py", "environment.yml", "tokenizer.json", "src/env/a.py"])
def test_names_of_code_are_not_taken_for_secrets(name: str) -> None:
    assert not looks_secret(name)


HOSTILE_CONFIG = {
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.context": "0",
    "diff.renames": "copies",
    "diff.external": "touch external-ran; false",
    "diff.orderFile": "nowhere",
    "diff.relative": "true",
    "diff.submodule": "log",
    "diff.colorMoved": "zebra",
    "diff.wsErrorHighlight": "all",
    "color.ui": "always",
    "color.diff": "always",
    "core.pager": "touch pager-ran",
    "pager.diff": "touch pager-ran",
    "core.fsmonitor": "touch fsmonitor-ran; false",
    "core.quotePath": "false",
    "diff.mine.command": "touch driver-ran; false",
    "diff.mine.textconv": "touch textconv-ran; false",
    "diff.mine.cachetextconv": "true",
}


def test_no_configuration_has_another_program_run_or_another_form_written(repository: Path, tmp_path: Path) -> None:
    expected = files(repository)
    (repository / ".git/info/attributes").write_text("* diff=mine\n", encoding="utf-8")
    for key, value in HOSTILE_CONFIG.items():
        git(repository, "config", key, value)
    for hook in ("post-index-change", "fsmonitor-watchman", "query-watchman"):
        (repository / ".git/hooks" / hook).write_text("#!/bin/sh\ntouch hook-ran\n", encoding="utf-8")
        (repository / ".git/hooks" / hook).chmod(0o755)
    patch = kept(repository)
    assert files(repository) == expected, "nothing ran that leaves a mark"
    assert not list((repository / ".git").rglob("*-ran"))
    (repository / ".git/config").write_text("[core]\n\tbare = false\n", encoding="utf-8")
    assert brought_back(repository, patch, tmp_path / "again") == expected


def test_no_variable_has_it_written_otherwise(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "GIT_EXTERNAL_DIFF": "false",
        "GIT_DIFF_OPTS": "--unified=0",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_PAGER": "false",
        "GIT_DIR": ".git",
        "GIT_PREFIX": "src/",
        "GIT_CONFIG": str(tmp_path / "nowhere"),
        "GIT_TRACE": "1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(repository)
    patch = kept(repository)
    monkeypatch.undo()
    assert brought_back(repository, patch, tmp_path / "again") == files(repository)


def _unborn(_: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "unborn"
    folder.mkdir()
    (folder / "train.py").write_bytes(LATIN)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    return folder


def _linked(repository: Path, tmp_path: Path) -> Path:
    """Make a working tree of a bare repository."""
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    return tmp_path / "linked"


def _with_submodule(repository: Path, tmp_path: Path) -> Path:
    git(repository, "stash", "-q")
    folder = tmp_path / "above"
    git(tmp_path, "init", "-q", "above")
    (folder / "train.py").write_bytes(b"one\n")
    git(folder, "submodule", "--quiet", "add", str(repository), "below")
    commit(folder)
    (folder / "below/src/train.py").write_bytes(b"changed below\n")
    return folder


def _with_conflict(repository: Path, _: Path) -> Path:
    git(repository, "reset", "-q", "--hard")
    git(repository, "checkout", "-q", "-b", "other")
    (repository / "src/gone.py").write_bytes(b"theirs\n")
    commit(repository)
    git(repository, "checkout", "-q", "main")
    (repository / "src/gone.py").write_bytes(b"ours\n")
    commit(repository)
    with pytest.raises(subprocess.CalledProcessError):
        git(repository, "merge", "other")
    return repository


@pytest.mark.parametrize("make", [_unborn, _linked, _with_submodule, _with_conflict])
def test_any_kind_of_working_tree_is_brought_back(
    repository: Path, tmp_path: Path, make: Callable[[Path, Path], Path]
) -> None:
    folder = make(repository, tmp_path)
    (folder / "train.py").write_bytes(b"changed\n")
    git(folder, "add", "-N", "train.py")
    below = {name: file for name, file in files(folder).items() if not name.startswith("below/")}
    assert brought_back(folder, kept(folder, "train.py"), tmp_path / "again") == below


def test_a_submodule_that_stands_elsewhere_is_told(repository: Path, tmp_path: Path) -> None:
    folder = _with_submodule(repository, tmp_path)
    stood = git(folder / "below", "rev-parse", "HEAD")
    stands = commit(folder / "below")
    patch = kept(folder, "train.py").decode()
    assert f"-Subproject commit {stood}\n+Subproject commit {stands}\n" in patch


@pytest.mark.parametrize("name", ["src/train.py", "src/new.py"])
def test_one_that_is_too_large_is_not_kept(repository: Path, name: str) -> None:
    commit(repository)
    (repository / name).write_bytes(os.urandom(DIFFERENCE_BYTES_MAX))
    found = difference(tree_of(repository, name))
    assert (found.patch, found.problem) == (b"", f"it has more than {DIFFERENCE_BYTES_MAX:,} bytes")


def test_a_git_that_hangs_or_fails_is_not_waited_for(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = tree_of(repository)
    monkeypatch.setattr("modelbox.capture.difference.TIMEOUT_S", 0.2)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for script, problem in (
        ("exec sleep 60", "git took longer than 0.2 s for it"),
        (f"yes & echo $! > {tmp_path}/started; wait", f"it has more than {DIFFERENCE_BYTES_MAX:,} bytes"),
        ("echo half; exit 128", "git failed to tell it, with code 128"),
    ):
        (tmp_path / "git").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / "git").chmod(0o755)
        if "yes" in script:
            monkeypatch.setattr("modelbox.capture.difference.TIMEOUT_S", 60.0)
        began = perf_counter()
        assert difference(tree) == (b"", problem)
        assert perf_counter() - began < 30
    assert _has_ended(int((tmp_path / "started").read_text())), "else it goes on until the disk is full"
    monkeypatch.setenv("PATH", "")
    assert difference(tree).problem.startswith("git cannot be asked for it")


def _has_ended(pid: int) -> bool:
    """Tell whether a process has ended, which may take the system a moment; end it.

    An orphan that has ended keeps its number until the first process of the system asks for it, seconds later in
    some containers.
    """
    for _ in range(200):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
                return True
        except ProcessLookupError:
            return True
        except FileNotFoundError:
            pass  # it ended in between, or this system has no such files
        sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    return False
