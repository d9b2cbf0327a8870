"""The working tree of git that a program is in: its repository, commit and branch, and what is not committed.

git is asked as the user's PATH has it; nothing that it could run beside itself is run: no pager, no hook, no fsmonitor.
Only the filters of a repository are, without which git cannot tell what has changed.
"""

import contextlib
import logging
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit, urlunsplit

TIMEOUT_S: Final = 2.0
"""How long git may take to answer, in seconds; a slower one is left out."""

_KILLED_S: Final = 0.1
"""How long a git that was killed is waited for, in seconds: on a file system that hangs it does not even end."""

_GIT: Final = (
    *("git", "--no-pager", "--no-optional-locks", "-c", "core.fsmonitor=false"),
    # One that is not there ends git, whatever it is asked.
    *("-c", f"diff.orderFile={os.devnull}"),
)
# Files that git does not know are left out: to look for them takes long beside a folder of data.
_STATUS: Final = (
    *("status", "--porcelain=v2", "-z", "--branch", "--no-renames"),
    *("--untracked-files=no", "--ignore-submodules=dirty"),
)
_FIELDS_BEFORE_PATH: Final = {"1": 8, "u": 10}
"""By the kind of a line of the status: what stands there before the path."""

_OF_A_HOOK: Final = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX")
"""Where git tells a hook which repository it works for: another one, maybe, than that of the program it starts."""

_ANSWERS_OTHERWISE: Final = (
    *("GIT_CONFIG", "GIT_DIFF_OPTS", "GIT_EXTERNAL_DIFF"),
    *(f"GIT_{kind}_PATHSPECS" for kind in ("LITERAL", "GLOB", "NOGLOB", "ICASE")),
)
"""Variables with which git would understand a question differently, or write its answer in another form."""

_SSH_SCHEMES: Final = ("ssh", "git+ssh", "ssh+git")
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """A working tree: its folder, where it is from, what is checked out, and which files differ from the commit.

    `commit` is empty as long as there is none, `branch` where none is checked out. `changed` are the paths of tracked
    files, from the tree's folder on, and `untracked` that of the program if git does not track it, else empty.
    """

    top: Path
    repository: str
    commit: str
    branch: str
    changed: tuple[str, ...]
    untracked: str

    @property
    def is_dirty(self) -> bool:
        """Whether the program is another one than the commit has: one that git does not track is in no commit."""
        return bool(self.changed or self.untracked)


def working_tree(folder: Path, program: Path | None) -> WorkingTree | None:
    """Return the working tree that a folder is in; None if there is none, or git does not answer. Never raises.

    Args:
        program: The file in it that runs, if there is one.
    """
    file = str(program.resolve()) if program is not None else "."
    # All is asked at once.
    questions = (
        ("rev-parse", "--show-toplevel"),
        ("config", "--get-regexp", r"^remote\..*\.url$"),
        _STATUS,
        ("--literal-pathspecs", "ls-files", "--", file),
    )
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for question in questions:
            processes.append(start(folder, question))  # noqa: PERF401  # if one does not start, the others are ended
        answers = [process.communicate(timeout=TIMEOUT_S)[0] for process in processes]
    except (OSError, subprocess.SubprocessError) as error:
        _log.debug("git was not asked", extra={"folder": str(folder), "error": repr(error)})
        return None
    finally:
        for process in processes:
            end(process)
    path, remotes, status, tracked = (os.fsdecode(answer) for answer in answers)
    if not path.strip():
        return None
    top = Path(path.removesuffix("\n"))
    commit, branch, changed = _parse_status(status)
    untracked = "" if tracked or program is None else _below(top, program)
    return WorkingTree(top, _parse_remote(remotes) or str(top), commit, branch, changed, untracked)


def start(folder: Path, question: Sequence[str], *, into: int | IO[bytes] = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """Start git in a folder; `end` is to be called at last.

    Raises:
        OSError: There is no git, or the folder is none.
    """
    return subprocess.Popen(  # noqa: S603  # arguments of our own; git as the user's PATH has it
        [*_GIT, *question],
        cwd=folder,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=into,
        stderr=subprocess.DEVNULL,
        # What it starts itself ends with it: left behind, that could write into a file until the disk is full.
        process_group=0 if hasattr(os, "killpg") else None,
    )


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a git that has not ended, with all that it has started, and let it go."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    if process.stdout is not None:
        process.stdout.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_KILLED_S)


def clean_url(url: str) -> str:
    """Return a repository's address without password, token, query and fragment.

    The user's name stays where it is a part of the address, as in `git@host:path` and `ssh://git@host/path`.
    """
    if "://" not in url:
        return url
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    netloc = f"{name}{at}{host}" if parts.scheme in _SSH_SCHEMES and name else host
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))


def _environment() -> dict[str, str]:
    """Return git's environment: the program's own, but for what would have git speak of another repository."""
    left_out = set(_ANSWERS_OTHERWISE)
    if "GIT_WORK_TREE" not in os.environ:  # with both, somebody says which repository is meant
        left_out.update(_OF_A_HOOK)
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    for name in ("GIT_WORK_TREE", "GIT_DIR", "GIT_INDEX_FILE"):
        if name in kept:  # meant from the program's folder on, and git is started in another one
            kept[name] = str(Path(kept[name]).absolute())
    # No question, no other language, and no fetching of what a partial clone has not got.
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1"}


def _below(top: Path, program: Path) -> str:
    file, folder = program.resolve(), top.resolve()
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else ""


def _parse_remote(text: str) -> str:
    """Return the address of the remote `origin`, or of the first one."""
    remotes = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
    url = remotes.get("remote.origin.url") or next(iter(remotes.values()), "")
    return clean_url(url)


def _parse_status(text: str) -> tuple[str, str, tuple[str, ...]]:
    """Return commit, branch and the changed paths, of what `git status --porcelain=v2 -z --branch` says."""
    entries = [entry for entry in text.split("\0") if entry]
    heads = dict(entry[2:].split(" ", 1) for entry in entries if entry.startswith("# branch.") and " " in entry[2:])
    commit, branch = heads.get("branch.oid", ""), heads.get("branch.head", "")
    changed = tuple(
        entry.split(" ", _FIELDS_BEFORE_PATH[entry[0]])[-1] for entry in entries if entry[0] in _FIELDS_BEFORE_PATH
    )
    return "" if commit == "(initial)" else commit, "" if branch == "(detached)" else branch, changed
