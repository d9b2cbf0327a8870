"""Sending what earlier processes have left in their journals, by hand; every client that logs does it by itself."""

import math
import threading
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from modelbox.delivery.attempts import Attempts
from modelbox.delivery.destination import Destination
from modelbox.delivery.keeping import held_bytes
from modelbox.delivery.order import about_of
from modelbox.delivery.pouring import pour_orphans, take
from modelbox.delivery.reachability import Reachability
from modelbox.delivery.takeover import Sent, Takeover
from modelbox.errors import UnavailableError
from modelbox.home import HomeLog
from modelbox.journal.aside import refused_in
from modelbox.journal.file import read_header
from modelbox.journal.folder import JournalFolder, JournalSettings, unanswered
from modelbox.journal.tally import Tally
from modelbox.limits import LEFTOVER_READ_BYTES_MAX
from modelbox.record_calls import answers, send, was_recorded, which_log
from modelbox.transfer.transfers import Transfers
from modelbox.transport.connection import Connection


@dataclass(frozen=True, slots=True)
class WaitingJournal:
    """A journal: whose it is, and what waits in it. `in_use`: the process that writes it still runs, and sends it.

    `bytes` are those of the journal, and of the files that are held for it.
    """

    path: Path
    server_addr: str
    host: str
    pid: int
    created_at: datetime
    points: int
    calls: int
    bytes: int
    in_use: bool
    log: str
    """The log that it is meant for, by its genesis; empty if none was heard of when it was written."""


def sync_journals(
    settings: JournalSettings,
    address: str,
    *,
    written_for: str = "",
    from_another_log: bool = False,
    away_s_max: float,
    refused_s_max: float = math.inf,
    sent: list[Sent] | None = None,
) -> list[Sent]:
    """Send all journals of a server that no process keeps; return what became of each.

    Those that are meant for another log than the server has are kept.

    Two that do so at once take different journals; what was sent before is known by its key, so nothing is sent twice.

    Args:
        address: The server to send to.
        written_for: The address in the journals, if the server was reached by another one then.
        from_another_log: Send also those that are meant for another log.
        away_s_max: How long the server may be away, in seconds.
        refused_s_max: How long nothing may listen at its address, in seconds.
        sent: Where to put what became of each, for who wants to know it also when the server was away.

    Raises:
        UnavailableError: The server was away for longer; what was not answered stays.
    """
    home = HomeLog()
    connection = Connection(address, home=home)
    try:
        attempts = Attempts(
            partial(send, connection, Transfers(connection)),
            partial(was_recorded, connection),
            stop=threading.Event(),
            reachability=Reachability(),
            answers=partial(answers, connection),
            destination=Destination(
                partial(which_log, connection), home, address=address, takes_foreign=from_another_log
            ),
            away_s_max=away_s_max,
            refused_s_max=refused_s_max,
        )
        done: list[Sent] = [] if sent is None else sent
        # First what was logged: it makes the objects that files belong to.
        for of_files in (False, True):
            folder = JournalFolder(settings, written_for or address, home=home, of_files=of_files)
            takeover = Takeover(folder, attempts)
            try:
                takeover.run()
            finally:
                done += takeover.done.values()
        return done
    except UnavailableError as error:
        if sent is not None:
            folder = JournalFolder(settings, written_for or address, home=home)
            sent += _not_tried(folder, {one.path for one in sent}, str(error))
        raise
    finally:
        connection.cut()


def _not_tried(folder: JournalFolder, tried: Collection[Path], trouble: str) -> Iterator[Sent]:
    """Return what waits in the journals that nobody keeps and whose turn did not come."""
    for path in [path for path in folder.all_journals() if path not in tried]:
        journal = take(folder, path)
        if journal is None:
            continue
        journal.close()
        tally = Tally()
        for record in unanswered(path):
            tally.add(record)
        if tally.records:
            unsent = Sent(path, waiting=tally.records, trouble=trouble)
            unsent.waiting_points, unsent.waiting_calls = tally.points, tally.calls
            yield unsent


def waiting_journals(settings: JournalSettings) -> Iterator[WaitingJournal]:
    """Return this user's journals of all servers, the oldest first; what is in rings of processes that ended included.

    Raises:
        OSError: One cannot be read.
    """
    folder = JournalFolder(settings, "")
    pour_orphans(folder)
    for path in folder.all_journals(of_any_server=True):
        header = read_header(path)
        if header is None:
            continue
        taken = take(folder, path)
        if taken is not None:
            taken.close()
        tally, held = Tally(), 0
        for record in unanswered(path):
            tally.add(record)
            held += held_bytes(record)
        yield WaitingJournal(
            path=path,
            server_addr=header.address,
            host=header.host,
            pid=header.pid,
            created_at=datetime.fromtimestamp(header.created_at, UTC),
            points=tally.points,
            calls=tally.calls,
            bytes=path.stat().st_size + held,
            in_use=taken is None,
            log=header.log,
        )


def left_of(settings: JournalSettings, address: str, object_id: str) -> Tally:
    """Return how much of an object waits in journals of ended programs, for the server at an address.

    Where more waits than can be looked through quickly, the rest is not counted.

    Raises:
        OSError: A journal cannot be read.
    """
    folder = JournalFolder(settings, address)
    pour_orphans(folder)
    tally, looked_through = Tally(), 0
    for path in folder.all_journals():
        looked_through += path.stat().st_size
        if looked_through > LEFTOVER_READ_BYTES_MAX:
            break
        if folder.is_left(path):
            for record in unanswered(path):
                about = about_of(record)
                if about is not None and object_id in about.all:
                    tally.add(record)
    return tally


def set_aside(settings: JournalSettings, *, since: float = 0.0) -> Tally:
    """Return how much of what this user logged was refused, by any server, and is set aside.

    Args:
        since: Only what was refused from then on, in seconds since the epoch.

    Raises:
        OSError: A file cannot be read.
    """
    tally = Tally()
    for path in JournalFolder(settings, "").refused(of_any_server=True):
        for record, refused in refused_in(path):
            if refused.refused_at >= since:
                tally.add(record)
    return tally
