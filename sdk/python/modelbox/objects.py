"""What the objects of every kind have in common, and how each kind is read from the wire.

Must not know: any kind.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from time import time
from typing import Any, Final, Generic, Self, TypeVar

from google.protobuf.message import Message

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_text
from modelbox.ignored import tell_ignored
from modelbox.listed import Listed, listed
from modelbox.logged_object import LoggedObject
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.transport.methods import Method
from modelbox.wire import all_pages, time_of, timestamp_of

Read = Callable[[Any], Any]
"""Returns the value of one field of a message."""

_TIMESTAMP: Final = "google.protobuf.Timestamp"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StoredObject(LoggedObject):
    """An object as it was when it was read; `refreshed` reads it again.

    What is done with this object and answered, such as `update`, it shows; not what is logged, or done elsewhere.
    `exists` is true where its creation found it instead of creating it. `deleted_at` is set while it is deleted.
    """

    id: str
    namespace: str
    labels: Mapping[str, str] = field(hash=False)
    created_at: datetime
    # What is changed of an object says nothing of which one it is.
    updated_at: datetime = field(hash=False)
    deleted_at: datetime | None = field(hash=False)
    exists: bool = field(compare=False)
    _session: Session = field(repr=False, compare=False)

    def refreshed(self) -> Self:
        """Read the object again."""
        kind: Kind[Self] = _KINDS[type(self)]
        return kind.read(self._session, kind.get.request(id=self.id))

    def _become(self, **about: Any) -> None:
        for name, value in about.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """Return the object in a line."""
        # Loaded when something is shown; it knows every kind.
        from modelbox.display.line import line_of  # noqa: PLC0415  # see above

        return line_of(self)

    def _repr_html_(self) -> str:
        """Show the object in a notebook, with what hangs on it."""
        # Loaded when something is shown; it knows every kind.
        from modelbox.display import html_of  # noqa: PLC0415  # see above

        return str(html_of(self))


ObjectT = TypeVar("ObjectT", bound=StoredObject)

_KINDS: Final[dict[type, Any]] = {}
_BESIDE_ITEMS: Final = ("next_page_token", "missing")
"""What the answer to a list has beside its items."""


class Kind(Generic[ObjectT]):
    """One kind of objects: its class, and the calls that read it."""

    def __init__(
        self,
        of: type[ObjectT],
        message: type[Message],
        *,
        get: Method[Any, Any],
        list: Method[Any, Any],  # noqa: A002  # the call's name, beside `get`
        readers: Mapping[str, Read] | None = None,
    ) -> None:
        """Find out how each field of the class is read from the message.

        Args:
            get: Reads one; its answer has one field.
            list: Reads a page; its answer has one repeated field and the token of the next page.
            readers: How to read those fields that are not what the message's field of that name holds, private ones
                among them.
        """
        self.get: Final = get
        self.list: Final = list
        self._of: Final = of
        own = [one.name for one in fields(of) if not (one.name.startswith("_") or one.name == "exists")]
        given = readers or {}
        self._readers: Final = {name: _reader(message, name) for name in own if name not in given} | dict(given)
        [self._one] = (one.name for one in get.response.DESCRIPTOR.fields)
        [self._many] = (one.name for one in list.response.DESCRIPTOR.fields if one.name not in _BESIDE_ITEMS)
        _KINDS[of] = self

    def of(self, session: Session, message: Message, *, exists: bool = True) -> ObjectT:
        """Return the object that a message describes."""
        values = {name: read(message) for name, read in self._readers.items()}
        return self._of(exists=exists, _session=session, **values)

    def read(self, session: Session, request: Message, *, exists: bool = True, given: Message | None = None) -> ObjectT:
        """Read one object; what this client logged before is answered first.

        Args:
            exists: Whether its creation found it, if this was one.
            given: The request of that creation: what it gave and the object has otherwise is warned about.
        """
        found = self.of(session, getattr(ask(session, self.get, request), self._one), exists=exists)
        if exists and given is not None:
            tell_ignored(found, given)
        return found

    def read_all(
        self, session: Session, request: Any, *, limit: int | None, named: Mapping[str, str] | None = None
    ) -> Listed[ObjectT]:
        """Read the objects that a request for a page asks for, over as many pages as they take.

        What of the search nothing has is warned about, and stands in the list's `missing`.

        Args:
            named: What the caller calls a field of the request, if otherwise.
        """
        missing: list[pb.Missing] = []

        def read(token: str, size: int) -> tuple[Iterable[Message], str]:
            request.page_token, request.page_size = token, size
            response = ask(session, self.list, request)
            missing.extend(response.missing)
            return getattr(response, self._many), response.next_page_token

        found = [self.of(session, message) for message in all_pages(read, limit=limit)]
        return listed(found, missing, named=named or {})


def _reader(message: type[Message], name: str) -> Read:
    """Return what reads a field that a class has under the message's name for it."""
    wire = message.DESCRIPTOR.fields_by_name[name]
    read: Read = attrgetter(name)
    if wire.message_type is not None and wire.message_type.full_name == _TIMESTAMP:
        return lambda message: time_of(read(message)) if message.HasField(name) else None
    if wire.message_type is not None and wire.message_type.GetOptions().map_entry:
        return lambda message: dict(read(message))
    if wire.has_presence:
        return lambda message: read(message) if message.HasField(name) else None
    return read


OrderBy = str | Sequence[str]
"""An order: fields joined with commas, or a list of them, each with `asc` or `desc` behind it."""


def selection(*, filter: str, order_by: OrderBy, include_deleted: bool, **more: bool) -> dict[str, Any]:  # noqa: A002
    """Return the fields that every request for a list has.

    Raises:
        InvalidFieldError: One of the texts cannot be sent.
    """
    if not isinstance(order_by, str):
        if not isinstance(order_by, Sequence):
            raise InvalidFieldError.of("order_by", f"needs a text or a list of them, not {type(order_by).__name__}")
        order_by = ", ".join(check_text(f"order_by[{index}]", field) for index, field in enumerate(order_by))
    return {
        "filter": check_text("filter", filter),
        "order_by": check_text("order_by", order_by),
        "include_deleted": include_deleted,
        **more,
    }


def times_of(response: Any | None) -> dict[str, Any]:
    """Return when an object was created: as the server said, or now if it has not answered."""
    if response is None:
        now = timestamp_of(time())
        return {"created_at": now, "updated_at": now}
    return {"created_at": response.created_at, "updated_at": response.updated_at}
