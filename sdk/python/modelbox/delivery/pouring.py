"""Rings whose owners have ended: poured into their journals, from where all is sent in the order of the journals.

The lock of a journal guards its ring too: whoever takes a journal over pours its ring first, so that none is sent and
removed while a ring still refers to it.
"""

import logging
import zlib
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Final

import msgspec

from modelbox.delivery.buffer import Point
from modelbox.delivery.columns import records_of
from modelbox.delivery.kept import PointsCall, decode
from modelbox.journal.file import JournalFile
from modelbox.journal.folder import JournalFolder
from modelbox.journal.record import Record
from modelbox.journal.ring import Ring, is_ring
from modelbox.journal.slots import Kept

_log = logging.getLogger("modelbox")


def take(folder: JournalFolder, path: Path) -> JournalFile | None:
    """Lock a journal that nobody keeps, and pour its ring into it; None if somebody has one of them, or it is gone."""
    journal = folder.take(path)
    if journal is None:
        return None
    place = folder.ring_folders.of(path.stem)
    if place is None:
        return journal
    ring = _open(place)
    if ring is not None:
        _pour_into(ring, journal)
    elif is_ring(place):
        # Somebody looks at it, or its owner is about to end. Sent without it, what is on its way from the one into the
        # other would be sent again when the ring is poured.
        journal.close()
        return None
    return journal


def pour_orphans(folder: JournalFolder) -> None:
    """Make the journals of rings that have none, where their owners ended before they had one, and pour them.

    Held files have none.
    """
    if folder.of_files:
        return
    for stem in list(folder.ring_folders.stems()):
        if folder.has_whole(stem):
            continue
        place = folder.ring_folders.of(stem)
        ring = None if place is None else _open(place)
        if ring is None:
            continue
        try:
            folder.remove_unfinished(stem)
            header = msgspec.structs.replace(ring.header, folder="")
            journal = folder.create(stem=stem, header=header)
        except OSError as error:
            _log.info("no journal can be made for the ring %s: %s", place, error)
            ring.abandon()
            continue
        _pour_into(ring, journal)
        journal.close()


def _open(place: Path) -> Ring | None:
    try:
        return Ring.take(place)
    except OSError as error:
        _log.info("the ring %s cannot be opened: %s", place, error)
        return None


def _pour_into(ring: Ring, journal: JournalFile) -> None:
    """Put what only the ring has into the journal; what finds no room there stays in the ring for the next time."""

    def append(record: Record) -> None:
        with ring.flight(record, journal.size):
            journal.append(record)

    try:
        kept = ring.land(journal)
        sent = _sent(kept, ring)
        if sent is not None:
            append(sent)
            kept = ring.land(journal)
        for record in _records(kept, ring):
            append(record)
    except OSError as error:
        _log.info("the ring %s cannot be poured into its journal: %s", ring.path, error)
    finally:
        ring.close()


def _records(kept: list[Kept], ring: Ring) -> Iterator[Record]:
    """Return what a ring holds as records, in the order in which it was logged."""
    done = {one.positions[0]: one.done for one in kept}
    for record in _records_of(kept, ring):
        if record.upto:
            # So many of what was left of the call; its slot counts from its beginning.
            record.upto += done[record.slots[-1]]
        yield record


def _sent(kept: list[Kept], ring: Ring) -> Record | None:
    """Return the record of points as it was sent, which the server may have by its key; None if there is none."""
    sent, by_first = ring.sent(), {one.positions[0]: one for one in kept}
    if sent is None or not by_first.keys() >= set(sent.positions):
        return None
    points: list[Point] = []
    for first in sent.positions:
        one = by_first[first]
        call = _decoded(one, ring)
        if not isinstance(call, PointsCall):
            return None  # a call has its key with it
        upto = sent.upto if first == sent.positions[-1] and sent.upto else None
        points += _points(call, first)[one.done : upto]
    records = list(records_of(points))
    # Others may have been kept in those slots since.
    if [zlib.crc32(record.request) for record in records] != [sent.request_crc]:
        return None
    [record] = records
    record.key, record.tried_at, record.upto = sent.key, sent.tried_at, sent.upto
    return record


def _points(call: PointsCall, slot: int) -> list[Point]:
    return [Point(call.object_id, key, call.step, call.wallclock, value, slot) for key, value in call.pairs]


def _records_of(kept: list[Kept], ring: Ring) -> Iterator[Record]:
    points: list[Point] = []
    logged_at = 0.0
    for one in kept:
        first = one.positions[0]
        call = _decoded(one, ring)
        if isinstance(call, PointsCall):
            logged_at = logged_at or _logged_at(call, ring)
            points += _points(call, first)[one.done :]
            continue
        yield from records_of(points, logged_at=logged_at)
        points, logged_at = [], 0.0
        if call is None:
            ring.free_calls((first,))
        else:
            call.slots = (first,)
            yield call
    yield from records_of(points, logged_at=logged_at)


def _decoded(one: Kept, ring: Ring) -> PointsCall | Record | None:
    try:
        call = decode(one.payload)
    except (msgspec.MsgspecError, ValueError) as error:
        _log.error("a call in the ring %s cannot be read: %s", ring.path, error)
        return None
    if call is None:
        _log.error("a call in the ring %s is of another version of the client", ring.path)
    return call


_EARLY_S: Final = 1.0


def _logged_at(call: PointsCall, ring: Ring) -> float:
    """Return about when a call was made: its own time, if that can be, else when the ring was begun."""
    is_likely = ring.header.created_at - _EARLY_S <= call.wallclock <= time()
    return call.wallclock if is_likely else ring.header.created_at
