"""What a run is made with: repository, commit, program, person, machine, packages.

Read in a few milliseconds, and never a reason for a training to fail: what cannot be found out stays empty. Command
lines and the environment are not read, because they may hold secrets; from addresses, credentials are removed.
"""

import os
import platform
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from modelbox.capture.git import WorkingTree, working_tree
from modelbox.limits import NAME_CHARS_MAX, PATH_CHARS_MAX
from modelbox.oddities import clean_line, clean_name
from modelbox.user import login_name
from modelbox.values import Source

DEPENDENCIES_MAX: Final = 2_000
"""Packages that are listed."""

_PACKAGE_FOLDER: Final = re.compile(r"^(?P<name>.+?)-(?P<version>\d[^-]*)(?:-py[\d.]+)?\.(?:dist|egg)-info$")


def capture(tree: WorkingTree | None) -> Source:
    """Return what this process is made with. Never raises.

    Args:
        tree: The working tree that the program is in, if it is in one; see `tree_of_program`.
    """
    return Source(
        repository=clean_line("" if tree is None else tree.repository, chars_max=PATH_CHARS_MAX),
        commit="" if tree is None else tree.commit,
        branch=clean_line("" if tree is None else tree.branch, chars_max=NAME_CHARS_MAX),
        dirty=tree is not None and tree.is_dirty,
        entry_point=clean_line(_relative(_program(), tree), chars_max=PATH_CHARS_MAX),
        user=clean_line(login_name(), chars_max=NAME_CHARS_MAX),
        host=clean_line(socket.gethostname(), chars_max=NAME_CHARS_MAX),
        python_version=clean_line(platform.python_version(), chars_max=NAME_CHARS_MAX),
        platform=clean_line(platform.platform(), chars_max=NAME_CHARS_MAX),
        dependencies={clean_name(name): version for name, version in _packages()},
    )


def tree_of_program() -> WorkingTree | None:
    """Return the working tree that this process's program is in, or its folder; None if there is none. Never raises."""
    program = _program()
    own = None if program is None or _is_installed(program) else program
    return working_tree(Path() if own is None else own.parent, own)


def _program() -> Path | None:
    """Return the file of the program or notebook, if there is one."""
    file = getattr(sys.modules.get("__main__"), "__file__", None) or os.environ.get("JPY_SESSION_NAME")
    try:
        return Path(file).absolute() if file else None
    except FileNotFoundError:  # the working directory has gone
        return None


def _is_installed(program: Path) -> bool:
    """Tell a program that was installed with a package: its folder says nothing of the user's code."""
    return program.is_relative_to(Path(sys.prefix).absolute()) or "site-packages" in program.parts


def _relative(program: Path | None, tree: WorkingTree | None) -> str:
    if program is None:
        return ""
    if tree is not None and program.resolve().is_relative_to(tree.top):
        return program.resolve().relative_to(tree.top).as_posix()
    return str(program)


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
