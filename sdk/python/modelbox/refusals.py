"""What the server refused and is set aside: shown, sent again, or dropped, when somebody asks for it."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import time
from typing import Final

from modelbox.delivery.keeping import release
from modelbox.errors import AnotherLogError, InvalidFieldError, ModelBoxError, UnavailableError
from modelbox.journal.aside import Refused, refused_in
from modelbox.journal.file import JournalFile
from modelbox.journal.folder import JournalFolder, JournalSettings, unanswered
from modelbox.journal.record import Record
from modelbox.limits import KEY_TRUSTED_S
from modelbox.record_calls import send, was_recorded, which_log
from modelbox.transfer.retry_budget import RetryBudget
from modelbox.transfer.transfers import Transfers
from modelbox.transport.connection import Connection

_NAMED_MAX: Final = 5
"""Keys that an error names."""


class Outcome(StrEnum):
    """What became of something set aside: only shown, recorded, refused again, not answered for, or dropped."""

    SHOWN = "set aside"
    RECORDED = "recorded"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class SetAside:
    """A call that was refused: its idempotency key, what it was, when and why it was set aside, what became of it."""

    key: str
    method: str
    points: int
    refused_at: datetime
    reason: str
    problem: str
    outcome: Outcome
    path: Path


def whole_keys(settings: JournalSettings, address: str, beginnings: Collection[str]) -> list[str]:
    """Return the keys of what is set aside of a server that begin so; each beginning means one.

    Raises:
        InvalidFieldError: Nothing that is set aside has a key that begins so, or several have.
        OSError: A file cannot be read.
    """
    known = {one.key for one in show_refused(settings, address)} if beginnings else set()
    return [_whole_key(known, beginning.rstrip("\u2026.")) for beginning in beginnings]


def _whole_key(known: Collection[str], beginning: str) -> str:
    found = sorted(key for key in known if beginning and key.startswith(beginning))
    if beginning in found or len(found) == 1:
        return beginning if beginning in found else found[0]
    if not found:
        raise InvalidFieldError.of("--key", f"nothing is set aside with a key that begins with {beginning[:80]!r}")
    named = ", ".join(found[:_NAMED_MAX]) + (" and others" if len(found) > _NAMED_MAX else "")
    raise InvalidFieldError.of("--key", f"{len(found)} keys begin with {beginning[:80]!r}: {named}; give more of it")


def show_refused(settings: JournalSettings, address: str, *, keys: Collection[str] = ()) -> list[SetAside]:
    """Return what is set aside of a server, the oldest first; nothing is sent.

    Args:
        keys: Only these; all, unless given.

    Raises:
        OSError: A file cannot be read.
    """
    folder = JournalFolder(settings, address)
    return [
        _described(refused, path, Outcome.SHOWN, refused.problem)
        for path in folder.refused()
        for wrapped, refused in refused_in(path)
        if _is_meant(wrapped, keys)
    ]


def drop_refused(settings: JournalSettings, address: str, *, keys: Collection[str] = ()) -> list[SetAside]:
    """Drop what is set aside of a server, for good; return it.

    Raises:
        OSError: A file cannot be read or written.
    """
    return _go_through(settings, address, keys, lambda refused, _: (Outcome.DROPPED, refused.problem))


def resend_refused(
    settings: JournalSettings,
    address: str,
    *,
    written_for: str = "",
    keys: Collection[str] = (),
    from_another_log: bool = False,
    away_s_max: float,
    refused_s_max: float = math.inf,
) -> list[SetAside]:
    """Send again what is set aside of a server, with its keys; what is not recorded stays there.

    Args:
        address: The server to send to.
        written_for: The address that the programs had, if the server was reached by another one then.
        keys: Only these; all, unless given.
        from_another_log: Send also what another log than the server's refused.
        away_s_max: How long one of them is tried while the server does not answer, in seconds.
        refused_s_max: How long it is tried where nothing listens.

    Raises:
        ModelBoxError: The server did not answer; what was not recorded stays.
        OSError: A file cannot be read or written.
    """
    connection = Connection(address)
    transfers = Transfers(connection)

    def budget() -> RetryBudget:
        return RetryBudget(away_s_max, refused_s=refused_s_max)

    def resend(refused: Refused, log: str) -> tuple[Outcome, str]:
        if log and log != connection.home.id and not from_another_log:
            return Outcome.UNANSWERED, str(AnotherLogError.of(log, connection.home.id, address=address))
        error = _retried(lambda: _send(connection, transfers, refused.record()), budget())
        if isinstance(error, UnavailableError):
            raise error
        if error is None:
            return Outcome.RECORDED, ""
        return (Outcome.REFUSED if error.final else Outcome.UNANSWERED), str(error)

    try:
        error = _retried(lambda: connection.home.learn(which_log(connection)), budget())
        if error is not None and error.retryable:
            raise error
        return _go_through(settings, written_for or address, keys, resend)
    finally:
        transfers.cut()
        connection.cut()


_DONE: Final = frozenset({Outcome.RECORDED, Outcome.DROPPED})


def _go_through(
    settings: JournalSettings,
    address: str,
    keys: Collection[str],
    act: Callable[[Refused, str], tuple[Outcome, str]],
) -> list[SetAside]:
    """Do something with all that is set aside; what is done with then goes."""
    folder = JournalFolder(settings, address)
    found: list[SetAside] = []
    for path in list(folder.refused()):
        file = folder.take(path)
        if file is None:
            continue  # another one goes through it, or a program sets something aside at this moment
        try:
            for wrapped, refused in refused_in(path):
                if _is_meant(wrapped, keys):
                    outcome, problem = act(refused, file.header.log)
                    found.append(_described(refused, path, outcome, problem))
                    if outcome in _DONE:
                        file.mark_answered(wrapped)
                    if outcome is Outcome.DROPPED:
                        release(refused.record())
        finally:
            _put_in_order(folder, file)
    return found


def _put_in_order(folder: JournalFolder, file: JournalFile) -> None:
    """Give the room back of what is done with, and let the file go."""
    rest = unanswered(file.path)
    first = next(rest, None)
    if first is None:
        file.remove()
        return
    new = folder.create_copy(file)
    try:
        for wrapped in (first, *rest):
            new.append(wrapped)
    except OSError:
        new.remove()
        file.close()
        raise
    file.replace(new).close()


def _send(connection: Connection, transfers: Transfers, record: Record) -> None:
    # As in `delivery/attempts.py`: a server that may have forgotten the key is asked for the points first.
    if not (time() - record.tried_at > KEY_TRUSTED_S and was_recorded(connection, record)):
        send(connection, transfers, record)


def _retried(act: Callable[[], None], budget: RetryBudget) -> ModelBoxError | None:
    """Do something that the server may not answer at once; return why it failed for good, None if it did not."""
    while True:
        try:
            act()
        except ModelBoxError as error:
            if not budget.pause(error):
                return error
        else:
            return None


def _is_meant(wrapped: Record, keys: Collection[str]) -> bool:
    return not keys or wrapped.key in keys


def _described(refused: Refused, path: Path, outcome: Outcome, problem: str) -> SetAside:
    record = refused.record()
    refused_at = datetime.fromtimestamp(refused.refused_at, UTC)
    return SetAside(record.key, record.method, record.points, refused_at, refused.reason, problem, outcome, path)
