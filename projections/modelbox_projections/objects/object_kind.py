"""What a kind of object says of itself. All that holds for objects of every kind follows from this.

Must not know: any kind of object.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Generic, TypeVar
from uuid import UUID

from modelbox_events import ChangeEvent, RecordedEvent
from modelbox_events.event import Kind, Target
from modelbox_projections.lineage.origin import Origin
from modelbox_projections.objects import STATEMENTS
from modelbox_projections.objects.columns import TEXTS, insert_of, json_columns, view_of
from modelbox_projections.objects.queries import Objects
from modelbox_projections.projection import json_text
from modelbox_projections.search.fields import FieldRule

Creation = TypeVar("Creation", bound=ChangeEvent)


def nothing_known(creation: ChangeEvent) -> Iterable[Origin]:  # noqa: ARG001  # some kinds read it
    """Return what an object was made with where its creation does not say so."""
    return ()


@dataclass(frozen=True, kw_only=True)
class ObjectKind(Generic[Creation]):
    """A kind of object.

    Attributes:
        creation: The event that creates one. It has `labels`; its other fields fill the columns of the same names.
        reads: How its view is read; the rows say what readers see.
        code_version: Raised whenever the same log would give other rows or columns of it; its view is then rebuilt.
        statements: Its SQL by name: `tables` adds its columns to table `objects`. A column of the row that is none of
            the table's makes it say what readers see, in `view`.
        own: The columns that it adds and that the creation fills.
        begins: Further columns that it adds, with the text that each has at the beginning.
        fields: What can be searched for beside what every kind has.
        aliases: Fields by the names that other trackers have for them, where the meaning is equal.
        words: Other words for its fields, by which people may mean them.
        counts: Whether a namespace with nothing but one of it holds something.
        named: What lineage calls an object.
        made_with: What its creation says that it was made with.
    """

    creation: type[Creation]
    reads: type[Objects[Any]]
    code_version: int
    statements: Mapping[str, str]
    own: tuple[str, ...] = ()
    begins: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    counts: bool = False
    named: Callable[[Creation], str] = attrgetter("name")
    made_with: Callable[[Creation], Iterable[Origin]] = nothing_known

    @cached_property
    def target(self) -> Target:
        """What the creation is about."""
        target = self.creation.target
        if target is None:
            raise TypeError(f"{self.creation.__name__} does not say what it creates")
        return target

    @property
    def name(self) -> Kind:
        """Its name in the log."""
        return self.target.kind

    @property
    def view(self) -> str:
        """The name of its view."""
        return self.reads.name

    @cached_property
    def all_statements(self) -> Mapping[str, str]:
        """Its own statements and those that follow from its row; `tables` has what all kinds share as well."""
        row = self.reads.row_type
        query = self.statements.get("view") or view_of(row)
        tables = f"{STATEMENTS['tables']}\n{self.statements['tables']}\nCREATE VIEW {self.view} AS\n{query};\n"
        derived = {"insert": insert_of(row, self.own, self.begins), "tables": tables}
        return MappingProxyType({**self.statements, **derived})

    def id_of(self, creation: Creation) -> UUID:
        """Return the id of the object that was created."""
        return self.target.id_of(creation)

    def created(self, recorded: RecordedEvent, creation: Creation) -> tuple[Any, ...]:
        """Return an object as `insert` takes it."""
        object_id, labels, *own = self._fields_of(creation)
        texts = [getattr(creation, name) if is_said else "" for name, is_said in self._texts]
        for number in self._json_numbers:
            if own[number] is not None:
                own[number] = json_text(own[number])
        times = (recorded.recorded_at, recorded.recorded_at, recorded.position)
        return (object_id, recorded.namespace, *texts, json_text(labels), *times, *own)

    @cached_property
    def _fields_of(self) -> "attrgetter[tuple[Any, ...]]":
        """Read id, labels and own columns, all at once: a fold does little else."""
        [id_name] = self.target.id_at
        return attrgetter(str(id_name), "labels", *self.own)

    @cached_property
    def _json_numbers(self) -> tuple[int, ...]:
        """Which of the own columns are JSON."""
        as_json = json_columns(self.reads.row_type)
        return tuple(number for number, name in enumerate(self.own) if name in as_json)

    @cached_property
    def _texts(self) -> tuple[tuple[str, bool], ...]:
        """The columns of text, and whether the creation says each."""
        return tuple((name, name in self.creation.__struct_fields__) for name in TEXTS)
