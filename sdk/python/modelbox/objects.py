"""What the objects of every kind have in common, and how each kind is read from the wire.

Must not know: any kind of object.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter
from time import time
from typing import Any, Final, Generic, Self, TypeVar

from google.protobuf.message import Message

from modelbox.ignored import tell_ignored
from modelbox.listed import Listed, listed
from modelbox.logged_object import LoggedObject
from modelbox.proto import modelstore_pb2 as pb
from modelbox.selection import selection
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.shown import Facts, Page, Section, facts_of, name_of
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
        kind: Kind[Self] = _OF_CLASSES[type(self)]
        return kind.read_id(self._session, self.id)

    def _become(self, **about: Any) -> None:
        for name, value in about.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        """Return the object in a line."""
        # Loaded when something is shown.
        from modelbox.display.line import line_of  # noqa: PLC0415  # see above

        return line_of(self)

    def _repr_html_(self) -> str:
        """Show the object in a notebook, with what hangs on it."""
        # Loaded when something is shown.
        from modelbox.display import html_of  # noqa: PLC0415  # see above

        return str(html_of(self._page()))

    def _page(self) -> Page:
        """Return what is shown of the object, in a notebook or a report."""
        return Page(type(self).__name__, name_of(self), Facts(self._facts()), self._sections)

    def _facts(self) -> dict[str, object]:
        """Return its plain fields by their names, as it was read."""
        return facts_of(self)

    def _sections(self) -> Iterable[Section]:
        """Return what hangs on it; the server is asked for it."""
        return ()


ObjectT = TypeVar("ObjectT", bound=StoredObject)

_OF_CLASSES: Final[dict[type, Any]] = {}
_OF_NAMES: Final[dict[str, Any]] = {}
LAST: Final = 100
"""The place of a kind that says nothing of it."""

_BESIDE_ITEMS: Final = ("next_page_token", "missing")
"""What the answer to a list has beside its items."""


class Kind(Generic[ObjectT]):
    """One kind of objects: its name on the wire, its class, and the calls that read it."""

    def __init__(
        self,
        name: str,
        of: type[ObjectT],
        message: type[Message],
        *,
        get: Method[Any, Any],
        list: Method[Any, Any],  # noqa: A002  # the call's name, beside `get`
        readers: Mapping[str, Read] | None = None,
        part_of: str = "",
        place: int = LAST,
    ) -> None:
        """Find out how each field of the class is read from the message.

        Args:
            get: Reads one; its answer has one field.
            list: Reads a page; its answer has one repeated field and the token of the next page.
            readers: How to read those fields that are not what the message's field of that name holds, private ones
                among them.
            part_of: The kind of the object that each of these is a part of, and that tells apart those of one name.
            place: Where it stands where kinds are told one after the other.
        """
        self.name: Final = name
        self.get: Final = get
        self.list: Final = list
        self.part_of: Final = part_of
        self.place: Final = place
        self._of: Final = of
        own = [one.name for one in fields(of) if not (one.name.startswith("_") or one.name == "exists")]
        given = readers or {}
        self._readers: Final = {name: _reader(message, name) for name in own if name not in given} | dict(given)
        [self._one] = (one.name for one in get.response.DESCRIPTOR.fields)
        [self._many] = (one.name for one in list.response.DESCRIPTOR.fields if one.name not in _BESIDE_ITEMS)
        names = "name" in own
        self.is_named: Final = names and "namespace" in list.request.DESCRIPTOR.fields_by_name
        """Whether its objects have names, by which a namespace is searched."""
        self.is_found_by_name: Final = is_found_by_name(get.request)
        """Whether a namespace has one object of a name at most."""
        self.has_keys: Final = "all_keys" in list.request.DESCRIPTOR.fields_by_name
        """Whether its objects have metrics and hyperparameters, which a list may bring all."""
        _OF_CLASSES[of] = _OF_NAMES[name] = self

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

    def read_id(self, session: Session, object_id: str) -> ObjectT:
        """Read the object with this id."""
        return self.read(session, self.get.request(id=object_id))

    def listed(
        self,
        session: Session,
        which: Mapping[str, Any],
        scope: Mapping[str, str | bool],
        *,
        named: Mapping[str, str] | None = None,
    ) -> Listed[ObjectT]:
        """Read the objects that fields of `selection.py` ask for, over as many pages as they take.

        What of the search nothing has is warned about, and stands in the list's `missing`.

        Args:
            scope: Fields of the request that say where they are looked for.
            named: What the caller calls a field of the request, if otherwise.
        """
        request = self.list.request(**scope, **selection(which))
        missing: list[pb.Missing] = []

        def read(token: str, size: int) -> tuple[Iterable[Message], str]:
            request.page_token, request.page_size = token, size
            response = ask(session, self.list, request)
            missing.extend(response.missing)
            return getattr(response, self._many), response.next_page_token

        found = [self.of(session, message) for message in all_pages(read, limit=which.get("limit"))]
        return listed(found, missing, named=named or {}, searched=(request.filter, request.order_by))


def is_found_by_name(request: type[Message]) -> bool:
    """Tell whether a request for one object needs a namespace and a name of it, and nothing beside them."""
    return {field.name for field in request.DESCRIPTOR.fields} - {"id"} == {"namespace", "name"}


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


def times_of(response: Any | None) -> dict[str, Any]:
    """Return when an object was created: as the server said, or now if it has not answered."""
    if response is None:
        now = timestamp_of(time())
        return {"created_at": now, "updated_at": now}
    return {"created_at": response.created_at, "updated_at": response.updated_at}


def kind_named(name: str) -> Kind[Any]:
    """Return the kind with this name."""
    found: Kind[Any] = _OF_NAMES[name]
    return found


def known_kinds() -> list[Kind[Any]]:
    """Return the kinds whose files were imported, in their places."""
    return sorted(_OF_NAMES.values(), key=lambda kind: (kind.place, kind.name))
