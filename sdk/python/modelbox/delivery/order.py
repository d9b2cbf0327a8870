"""Which record may be sent before one that the server fails on.

What is made must be there before anything is said of it, and of two values written to one object the later must win.
Metric points, logged events and links are only added: in which order means nothing. But a promotion takes what its
checkpoint has by then.
"""

from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

import msgspec
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message

from modelbox.delivery.keeping import keeping_of
from modelbox.delivery.uploads import object_of
from modelbox.journal.record import KEEP_FILES, METRICS, UPLOAD, Record
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport import methods

_UNORDERED: Final = frozenset(
    {METRICS, methods.LOG_EVENT.name, methods.LINK_LINEAGE.name, methods.TRACK_ARTIFACTS.name}
)
"""Calls whose order does not matter among each other."""

_ELSEWHERE: Final = frozenset({"external_id", "upload_id"})
"""Fields whose names end as those that name objects do."""


class About(NamedTuple):
    """What a record is about: the id of what it makes, if it makes something, and the ids that it names."""

    made: str
    named: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """All of them."""
        return self.named | {self.made} if self.made else self.named


class Order:
    """Tells what may pass some records; asked about the others in their order."""

    def __init__(self, passed: Iterable[Record]) -> None:
        """Take the records that others are to pass."""
        self._missing: set[str] = set()
        self._written: set[str] = set()
        self._added: set[str] = set()
        self._is_unknown = False
        for record in passed:
            self.hold(record)

    def hold(self, record: Record) -> None:
        """Take a further record that others are to pass."""
        about = about_of(record)
        if about is None:
            # A call of another version: nobody knows what may not pass it.
            self._is_unknown = True
        elif about.made:
            self._missing.add(about.made)
        elif record.method in _UNORDERED:
            self._added |= about.named
        else:
            self._written |= about.named

    def may_go(self, record: Record) -> bool:
        """Return whether a record may go now; if it may not, neither may what depends on it."""
        if self._is_unknown:
            return False
        is_unordered = record.method in _UNORDERED
        if is_unordered and not self._missing:
            return True
        about = about_of(record)
        if about is None or about.all & (self._missing | self._later_than(record)):
            self.hold(record)
            return False
        return True

    def _later_than(self, record: Record) -> set[str]:
        """Return the objects of which something waits that a record may not pass."""
        if record.method in _UNORDERED or record.creates:
            return set()
        return self._written | self._added if record.method == methods.PROMOTE_CHECKPOINT.name else self._written


def about_of(record: Record) -> About | None:
    """Return what a record is about, None if that cannot be told."""
    if record.method in {UPLOAD, KEEP_FILES}:
        try:
            is_held = record.method == KEEP_FILES
            target = keeping_of(record).object_id if is_held else object_of(record.request)
            return About("", frozenset({target}))
        except msgspec.MsgspecError:
            return None
    method = methods.known(record.method)
    if method is None:
        return None
    try:
        request = method.request.FromString(record.request)
    except DecodeError:
        return None
    if isinstance(request, pb.UploadFilesRequest):
        return About("", frozenset(file.metadata.parent_id for file in request.files))
    named = set(named_in(request))
    if record.method == methods.TRACK_ARTIFACTS.name:
        named |= {file.parent_id for file in request.files}
    return About("" if method.makes is None else method.makes(request), frozenset(filter(None, named)))


def named_in(request: Message) -> frozenset[str]:
    """Return the ids of the objects that a request names in fields of its own."""
    return frozenset(filter(None, (getattr(request, name) for name in _references(request.DESCRIPTOR))))


@cache
def _references(request: Descriptor) -> tuple[str, ...]:
    """Return the fields of a request that name objects: those that are called ids, and the model of a version."""
    texts = (field.name for field in request.fields if field.type == field.TYPE_STRING)
    ids = (name for name in texts if name in {"id", "model"} or name.endswith("_id"))
    return tuple(name for name in ids if name not in _ELSEWHERE)


def touched_by(record: Record) -> frozenset[str]:
    """Return the ids of all objects that are other ones once a record is sent; none if that cannot be told."""
    about = about_of(record)
    if about is None or record.method != KEEP_FILES:
        return frozenset() if about is None else about.all
    kept = keeping_of(record)
    created = pb.CreateCheckpointRequest.FromString(kept.create)
    return about.all | named_in(created) | frozenset(kept.within)
