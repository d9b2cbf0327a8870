"""What a run is made with: repository, commit, program, person, machine, packages.

Read in a few milliseconds, and never a reason for a training to fail: what cannot be found out stays empty. Command
lines and the environment are not read, because they may hold secrets; from addresses, credentials are removed.
"""

import logging
import os
import platform
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from modelbox.limits import NAME_CHARS_MAX, PATH_CHARS_MAX
from modelbox.oddities import clean_line, clean_name
from modelbox.user import login_name
from modelbox.values import Source

GIT_TIMEOUT_S: Final = 2.0
"""How long git may take to answer, in seconds; a slower one is left out."""

DEPENDENCIES_MAX: Final = 2_000
"""Packages that are listed."""

_GIT: Final = ("git", "--no-optional-locks", "-c", "core.fsmonitor=false")
# Files that git does not know are left out: to look for them takes long beside a folder of data.
_STATUS: Final = ("status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=dirty")
_PACKAGE_FOLDER: Final = re.compile(r"^(?P<name>.+?)-(?P<version>\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info$")
_SSH_SCHEMES: Final = ("ssh", "git+ssh", "ssh+git")
_log: Final = logging.getLogger(__name__)


def capture() -> Source:
    """Return what this process is made with. Never raises."""
    program = _program()
    own = None if program is None or _is_installed(program) else program
    folder = Path.cwd() if own is None else own.parent
    top, repository, status, tracked = _read_git(folder, own)
    commit, branch, dirty = _parse_status(status)
    # A program that git does not track is in no commit, whatever else is.
    is_here = own is not None and top is not None and own.resolve().is_relative_to(top.resolve())
    dirty = dirty or (is_here and not tracked)
    return Source(
        repository=clean_line(repository, chars_max=PATH_CHARS_MAX),
        commit=commit,
        branch=clean_line(branch, chars_max=NAME_CHARS_MAX),
        dirty=dirty,
        entry_point=clean_line(_relative(program, top), chars_max=PATH_CHARS_MAX),
        user=clean_line(login_name(), chars_max=NAME_CHARS_MAX),
        host=clean_line(socket.gethostname(), chars_max=NAME_CHARS_MAX),
        python_version=clean_line(platform.python_version(), chars_max=NAME_CHARS_MAX),
        platform=clean_line(platform.platform(), chars_max=NAME_CHARS_MAX),
        dependencies={clean_name(name): version for name, version in _packages()},
    )


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


def _program() -> Path | None:
    """Return the file of the program or notebook, if there is one."""
    file = getattr(sys.modules.get("__main__"), "__file__", None) or os.environ.get("JPY_SESSION_NAME")
    return Path(file).absolute() if file else None


def _is_installed(program: Path) -> bool:
    """Tell a program that was installed with a package: its folder says nothing of the user's code."""
    return program.is_relative_to(Path(sys.prefix).absolute()) or "site-packages" in program.parts


def _relative(program: Path | None, top: Path | None) -> str:
    if program is None:
        return ""
    if top is not None and program.resolve().is_relative_to(top):
        return program.resolve().relative_to(top).as_posix()
    return str(program)


def _read_git(folder: Path, program: Path | None) -> tuple[Path | None, str, str, str]:
    """Return the repository's folder, its address, what `git status` says, and the program if it is tracked.

    All of it is asked at once.
    """
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    file = str(program.resolve()) if program is not None else "."
    questions = (
        ("rev-parse", "--show-toplevel"),
        ("config", "--get-regexp", r"^remote\..*\.url$"),
        _STATUS,
        ("--literal-pathspecs", "ls-files", "--", file),
    )
    processes: list[subprocess.Popen[str]] = []
    try:
        for question in questions:
            process = subprocess.Popen(  # noqa: S603  # arguments of our own; git as the user's PATH has it
                [*_GIT, *question],
                cwd=folder,
                env=environment,
                text=True,
                encoding="utf-8",
                errors="replace",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            processes.append(process)
        top, remotes, status, tracked = (process.communicate(timeout=GIT_TIMEOUT_S)[0] for process in processes)
    except (OSError, subprocess.SubprocessError) as error:
        _log.debug("git was not asked", extra={"folder": str(folder), "error": repr(error)})
        return None, "", "", ""
    finally:
        for process in processes:
            _end(process)
    path = top.strip()
    return (Path(path), _parse_remote(remotes) or path, status, tracked) if path else (None, "", "", "")


def _end(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.kill()
    if process.stdout is not None:
        process.stdout.close()
    process.wait()


def _parse_remote(text: str) -> str:
    """Return the address of the remote `origin`, or of the first one."""
    remotes = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
    url = remotes.get("remote.origin.url") or next(iter(remotes.values()), "")
    return clean_url(url)


def _parse_status(text: str) -> tuple[str, str, bool]:
    """Return commit, branch and whether there are changes, of what `git status --porcelain=v2 --branch` says."""
    lines = text.splitlines()
    heads = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch.") and " " in line[2:])
    commit, branch = heads.get("branch.oid", ""), heads.get("branch.head", "")
    dirty = any(not line.startswith("#") for line in lines)
    return "" if commit == "(initial)" else commit, "" if branch == "(detached)" else branch, dirty


def _packages() -> Iterator[tuple[str, str]]:
    """Yield each installed package with its version, as their folders are named: to read their files takes long.

    Of one that is installed twice, the version that an import finds.
    """
    found: dict[str, str] = {}
    for place in sys.path:
        for name in _names_in(place or "."):
            match = _PACKAGE_FOLDER.match(name)
            if match is not None:
                found.setdefault(re.sub(r"[-_.]+", "-", match["name"]).lower(), match["version"])
    yield from sorted(found.items())[:DEPENDENCIES_MAX]


def _names_in(place: str) -> list[str]:
    try:
        with os.scandir(place) as entries:
            return [entry.name for entry in entries]
    except OSError:  # not there, or an archive
        return []
