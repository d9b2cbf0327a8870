"""What a projection is: which events it folds, into which tables."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import asyncpg
import msgspec

from modelbox_events import ChangeEvent, Position, RecordedEvent
from modelbox_events.registry import Registry


class DecodedEvent:
    """A recorded event and what it says, read at most once however many projections ask."""

    __slots__ = ("_data", "_registry", "recorded")

    def __init__(self, recorded: RecordedEvent, registry: Registry) -> None:
        """Read `recorded` with `registry` when somebody asks."""
        self.recorded = recorded
        self._registry = registry
        self._data: ChangeEvent | None = None

    @property
    def data(self) -> ChangeEvent:
        """The event, lifted to today's schema version.

        Raises:
            NewerVersionError: Its type or version is unknown here.
            InvalidEventError: It does not have the shape of its type.
            LogCorruptedError: It cannot be decompressed.
        """
        if self._data is None:
            self._data = self._registry.decode(self.recorded)
        return self._data

    @property
    def position(self) -> Position:
        """The event's place in the log."""
        return self.recorded.position


class Projection(ABC):
    """Folds some types of events into tables of its own.

    The tables must be a function of the log alone: not of the clock, of chance, or of how the log was cut into pages.

    Attributes:
        name: Its name, also that of its schema and in the views that a read depends on.
        code_version: Raised whenever the same log would give other rows or columns; the view is then rebuilt.
        event_types: Names of the event types it subscribes to. One that the registry does not know is left to a newer
            version of ModelBox.
        stream_type: The type of the streams in which the events stand that it reads, if it reads of one type alone.
        tables: Its tables; what `verify` compares.
        relations: What readers see: tables and SQL views, under these names in schema `modelbox_views`.
        statements: Its SQL by name; `tables` creates its tables and views, with unqualified names. `bridge`, if it is
            there, creates what readers see over the tables of the version before, which lacked some of it.
        rest_s: How long it may lag after it wrote rows, in seconds, unless somebody waits for it: rows that change with
            each page are written once for several pages.
    """

    name: ClassVar[str]
    code_version: ClassVar[int]
    event_types: ClassVar[frozenset[str]]
    stream_type: ClassVar[str | None] = None
    tables: ClassVar[tuple[str, ...]]
    relations: ClassVar[tuple[str, ...]]
    statements: ClassVar[Mapping[str, str]]
    rest_s: ClassVar[float] = 0.0

    def reads(self, event_type: str, stream_type: str) -> bool:
        """Tell whether it folds events of this type that stand in a stream of this type."""
        return event_type in self.event_types and self.stream_type in (None, stream_type)

    @abstractmethod
    async def fold(self, connection: asyncpg.Connection, events: Sequence[DecodedEvent]) -> None:
        """Write what these events change, in the transaction that the caller has open.

        Args:
            connection: Unqualified names mean the tables of the generation being filled.
            events: At least one, in log order, only such as it reads.
        """


def names_of(*types: type[ChangeEvent]) -> frozenset[str]:
    """Return the names that event types have in the log."""
    return frozenset(event_type.__name__ for event_type in types)


_encode = msgspec.json.Encoder().encode


def json_text(value: object) -> str:
    """Return a value as JSON text, as statements take it."""
    return _encode(value).decode()


async def write_rows(connection: asyncpg.Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement that takes one array a column; nothing happens without rows."""
    if rows:
        await connection.execute(statement, *zip(*rows, strict=True))
