"""Run in place of a server's program: enters its folder, takes on its account, and becomes the program.

A process that uses gRPC can run no code of its own between fork and exec: gRPC's fork handlers run there too, and a
third of the children of a busy process died in them (tried with grpcio 1.76). Without such code Python does not fork,
and nothing of the parent runs in the child. So it is this file that Python runs there; it knows the standard library
alone.

    launch.py FOLDER HOW UID GID DIES COUNT NAME=VALUE… PROGRAM ARGUMENT…

HOW is `itself`, `switched` (root becomes the account) or `mapped` (root stays itself, under these numbers in a user
namespace), DIES whether the program is asked to end with its owner, COUNT how many variables are added.
"""

import ctypes
import os
import signal
import sys

ITSELF = "itself"
SWITCHED = "switched"
MAPPED = "mapped"
NOT_EXECUTED = 126
"""The exit code where the program could not be executed; why is said on standard error."""

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


def main(folder: str, how: str, uid: int, gid: int, *, dies: bool, command: list[str]) -> None:
    """Become the program.

    The folder is entered first: the account need not be able to walk to it.
    """
    try:
        os.chdir(folder)
        if how == SWITCHED:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        elif how == MAPPED:
            _map_root_to(uid, gid)
        if dies and sys.platform == "linux":  # after the account: taking it on forgets the signal
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
        os.execvp(command[0], command)  # noqa: S606  # the owner's own program, no shell
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be executed: {error.strerror or error}\n")
        sys.exit(NOT_EXECUTED)


def _map_root_to(uid: int, gid: int) -> None:
    """Enter a user namespace where the ids of this process are these."""
    outside = {"uid_map": (uid, os.geteuid()), "gid_map": (gid, os.getegid())}
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no user namespace")
    _write("setgroups", "deny")
    for name, (inside, id_outside) in outside.items():
        _write(name, f"{inside} {id_outside} 1")


def _write(name: str, text: str) -> None:
    with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123  # pathlib costs a third of the start
        file.write(text)


if __name__ == "__main__":
    _folder, _how, _uid, _gid, _dies, _count, *_rest = sys.argv[1:]
    os.environ.update(dict(pair.split("=", 1) for pair in _rest[: int(_count)]))
    main(_folder, _how, int(_uid), int(_gid), dies=_dies == "1", command=_rest[int(_count) :])
