"""The client's values as rows to print, each with all its fields."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from enum import Enum
from typing import Any, Final

from modelbox.cli.output import Row
from modelbox.enums import RunStatus
from modelbox.keyed import KeyedObject
from modelbox.lineage import Lineage
from modelbox.values import Change, MetricSummary, Source

_KEYED: Final = ("metric_summaries", "params")
_LAST: Final = ("labels", "created_at", "updated_at", "deleted_at")


class _ObjectRow(Mapping[str, Any]):
    """The fields of a value, each read when it is asked for: some take a call."""

    def __init__(self, value: Any, names: Sequence[str]) -> None:
        self._value = value
        self._names = names

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return _plain(getattr(self._value, name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def row_of(value: Any) -> Row:
    """Return the fields of one of the client's values; what all objects have stands last, the id first."""
    # Whether it was there before is told by the commands that create.
    names = [field.name for field in fields(value) if not field.name.startswith("_") and field.name != "exists"]
    names += _KEYED if isinstance(value, KeyedObject) else ()
    last = [name for name in _LAST if name in names]
    return _ObjectRow(value, [*(name for name in names if name not in last), *last])


def rows_of(values: Iterable[Any]) -> Iterable[Row]:
    """Return the rows of several values."""
    return map(row_of, values)


def listed_rows(values: Iterable[Any], output: str) -> Iterable[Row]:
    """Return the rows of several values as `--output` has them: in CSV each hyperparameter and metric is a field.

    So do runs have them: of a metric its newest number. JSON and the columns of tables have the fields as they are.
    """
    return map(_flat, rows_of(values)) if output == "csv" else rows_of(values)


def _flat(row: Row) -> Row:
    return {
        **{name: row[name] for name in row if name not in _KEYED},
        **{f"params.{name}": value for name, value in row.get("params", {}).items()},
        **{f"metrics.{key}": of["latest"] for key, of in row.get("metric_summaries", {}).items()},
    }


def created_row(value: Any) -> Row:
    """Return the fields of an object that a command created or found."""
    return {**row_of(value), "exists": value.exists}


def change_row(change: Change) -> Row:
    """Return a change's fields."""
    return {
        "position": change.position,
        "recorded_at": change.recorded_at,
        "kind": change.kind.value,
        "type": change.type,
        "object_type": change.object_type,
        "object_id": change.object_id,
        "token": change.token,
        "payload": change.payload,
        "redacted_by": change.redacted_by,
        "actor": change.actor,
        "model": change.model,
        "version": change.version,
        "version_name": change.version_name,
        "unique_tag": change.unique_tag,
        "from_version": change.from_version,
    }


def edge_rows(lineage: Lineage) -> Iterable[Row]:
    """Return the edges of a lineage, each with the types and names of its two ends."""
    nodes = {node.id: node for node in lineage.nodes}
    for edge in lineage.edges:
        made_with, made = nodes[edge.from_id], nodes[edge.to_id]
        yield {
            "made_with": f"{made_with.type} {made_with.name}",
            "relation": edge.relation,
            "made": f"{made.type} {made.name}",
            "from_id": edge.from_id,
            "to_id": edge.to_id,
        }


def _plain(value: Any) -> Any:
    match value:
        case RunStatus():
            # As a filter has it.
            return value.name.lower()
        case Enum():
            return value.name
        case Source() | MetricSummary():
            return asdict(value)
        case Mapping():
            return {key: _plain(item) for key, item in value.items()}
        case tuple() if value and not isinstance(value[0], str):
            return [asdict(item) for item in value]
        case _:
            return value
