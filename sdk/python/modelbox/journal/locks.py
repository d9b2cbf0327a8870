"""The lock of a journal's file: of one process at a time, gone with the process however it ends."""

import sys

if sys.platform == "win32":

    def lock(descriptor: int) -> None:  # noqa: ARG001  # as below
        """Refuse: this system has no lock that ends with the process and guards a whole file."""
        raise OSError("journals need a system with flock")

else:
    import fcntl

    def lock(descriptor: int) -> None:
        """Lock an open file.

        Raises:
            BlockingIOError: Somebody else has locked it.
            OSError: The file system knows no locks.
        """
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
