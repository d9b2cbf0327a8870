"""Which fields each kind of object has, and where in the views their values stand.

All SQL about fields is here: templates in which `{at}` is the row that holds the value and `{key}` the parameter
that holds the key. Nothing that a user wrote is ever put into them.

Must not know: how a filter is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from modelbox_events.event import Kind
from modelbox_projections.errors import FilterError
from modelbox_projections.limits import ORDER_CHARS_MAX
from modelbox_projections.search.faces import Face
from modelbox_projections.search.likely import likely
from modelbox_projections.search.syntax import FieldPath


@dataclass(frozen=True, slots=True)
class Seen:
    """A value as one of its faces; `nullable` says that the SQL may be null."""

    face: Face
    sql: str
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """Where values stand that are not in the object's own row, and which rows are the object's."""

    table: str
    match: str


@dataclass(frozen=True, slots=True)
class FieldRule:
    """A field.

    Attributes:
        seen: Its faces.
        sorts: By what it is ordered; nothing means that it cannot be.
        present: SQL that is true where there is a value; empty if there always is one.
        rows: Where it stands; None for the object's own row.
        keyed: Whether a key follows its name.
        choices: All values that a word can have, if they are few.
        names: A query of the keys that the object `held` has.
    """

    seen: tuple[Seen, ...]
    sorts: tuple[Seen, ...]
    present: str = ""
    rows: Rows | None = None
    keyed: bool = False
    choices: tuple[str, ...] = ()
    names: str = ""


@dataclass(frozen=True, slots=True)
class KindRule:
    """A kind of object: its view, its fields, and the columns that a scope can name."""

    view: str
    fields: Mapping[str, FieldRule]
    parents: frozenset[str]


def _column(face: Face, name: str, *, nullable: bool = False) -> FieldRule:
    seen = Seen(face, f"{{at}}.{name}", nullable)
    sort = _beginning(seen.sql, nullable=nullable) if face is Face.TEXT else seen
    return FieldRule((seen,), (sort,), present=f"{{at}}.{name} IS NOT NULL" if nullable else "")


def _beginning(sql: str, *, nullable: bool = True) -> Seen:
    return Seen(Face.TEXT, f"left({sql}, {ORDER_CHARS_MAX})", nullable)


def _json(table: str, key: str, *, number: str, names: str) -> FieldRule:
    """Return a field whose values are any JSON: a string is its text, anything else its JSON text."""
    text = "({at}.value #>> '{{}}')"
    seen = (
        Seen(Face.NUMBER, number),
        Seen(Face.TEXT, text),
        Seen(Face.TRUTH, "CASE json_typeof({at}.value) WHEN 'boolean' THEN " + text + "::boolean END"),
    )
    sorts = (seen[0], _beginning(f"CASE WHEN {number} IS NULL THEN {text} END"))
    rows = Rows(f"modelbox_views.{table}", f"{{at}}.object_id = held.id AND {{at}}.{key} = {{key}}")
    return FieldRule(seen, sorts, present=f"{text} IS NOT NULL", rows=rows, keyed=True, names=names)


def _metric(column: str) -> FieldRule:
    value = f"{{at}}.{column}"
    # Postgres sorts NaN above every number; whoever asks for the largest wants a number.
    sort = Seen(Face.MEASURE, f"nullif({value}, 'NaN')")
    match = "{at}.object_id = held.id AND {at}.key = {key} AND {at}.kind = 'double'"
    rows = Rows("modelbox_views.metric_series", match)
    names = (
        "SELECT own.key FROM modelbox_views.metric_series AS own WHERE own.object_id = held.id AND own.kind = 'double'"
    )
    seen = (Seen(Face.MEASURE, value),)
    return FieldRule(seen, (sort,), present=f"{value} IS NOT NULL", rows=rows, keyed=True, names=names)


def _label() -> FieldRule:
    seen = Seen(Face.TEXT, "({at}.labels ->> {key})")
    names = "SELECT jsonb_object_keys(held.labels)"
    return FieldRule((seen,), (_beginning(seen.sql),), present="{at}.labels ? {key}", keyed=True, names=names)


def _texts(*names: str) -> dict[str, FieldRule]:
    return {name: _column(Face.TEXT, name) for name in names}


def _parents(*names: str, nullable: bool) -> dict[str, FieldRule]:
    return {name: _column(Face.ID, name, nullable=nullable) for name in names}


def _wholes(*names: str) -> dict[str, FieldRule]:
    return {name: _column(Face.WHOLE, name, nullable=True) for name in names}


def _status() -> FieldRule:
    return replace(_column(Face.WORD, "status"), choices=("running", "finished", "failed", "killed", "lost"))


def _duration_s() -> FieldRule:
    """Return how long a run took, in seconds; one that goes on has none, for it would change from page to page."""
    seen = Seen(Face.NUMBER, "extract(epoch FROM {at}.ended_at - {at}.started_at)::double precision")
    return FieldRule((seen,), (seen,), present="{at}.ended_at IS NOT NULL")


def _framework() -> FieldRule:
    seen = Seen(Face.WORD, 'lower({at}.framework COLLATE "C")', nullable=False)
    return FieldRule((seen,), (seen,))


def _version() -> FieldRule:
    """Return a version, which is also a number where it is written like the whole numbers that are drawn."""
    number = Seen(Face.NUMBER, "CASE WHEN {at}.version ~ '^[0-9]{{1,15}}$' THEN {at}.version::double precision END")
    text = Seen(Face.TEXT, "{at}.version", nullable=False)
    return FieldRule((number, text), (number, _beginning(text.sql, nullable=False)))


def _tags() -> FieldRule:
    rows = Rows("modelbox_views.unique_tags", "{at}.model_version_id = held.id")
    return FieldRule((Seen(Face.TEXT, "{at}.tag"),), (), present="TRUE", rows=rows)


_SOURCE: Final = ("repository", "commit", "branch", "user", "host", "entry_point", "python_version")


def _source(name: str) -> FieldRule:
    text = f"({{at}}.source ->> '{name}')"
    return FieldRule((Seen(Face.TEXT, text),), (_beginning(text),), present=f"{text} IS NOT NULL")


_METADATA_NUMBER: Final = (
    "CASE json_typeof({at}.value) WHEN 'number' THEN ({at}.value #>> '{{}}')::double precision END"
)
_EVERY: Final[Mapping[str, FieldRule]] = {
    "id": _column(Face.ID, "id"),
    "namespace": _column(Face.TEXT, "namespace"),
    "created_at": _column(Face.TIME, "created_at"),
    "updated_at": _column(Face.TIME, "updated_at"),
    "deleted_at": _column(Face.TIME, "deleted_at", nullable=True),
    "labels": _label(),
    "params": _json(
        "hyperparameters",
        "name",
        number="{at}.number",
        names="SELECT own.name FROM modelbox_views.hyperparameters AS own WHERE own.object_id = held.id",
    ),
    "metrics": _metric("latest"),
    "metadata": _json(
        "metadata",
        "key",
        number=_METADATA_NUMBER,
        names="SELECT own.key FROM modelbox_views.metadata AS own WHERE own.object_id = held.id",
    ),
}
METRIC_SUFFIXES: Final[Mapping[str, FieldRule]] = {
    "latest": _metric("latest"),
    "min": _metric("min"),
    "max": _metric("max"),
}
"""What a metric's key may end in, and what it means then."""


def _kind(view: str, fields: Mapping[str, FieldRule], parents: tuple[str, ...] = ()) -> KindRule:
    return KindRule(f"modelbox_views.{view}", MappingProxyType({**_EVERY, **fields}), frozenset(parents))


KINDS: Final[Mapping[Kind, KindRule]] = {
    "experiment": _kind(
        "experiments",
        {
            **_texts("name", "owner", "task", "description", "external_id"),
            "framework": _framework(),
            **_parents("parent_id", nullable=True),
        },
        ("parent_id",),
    ),
    "run": _kind(
        "runs",
        {
            **_texts("name", "owner", "comment", "reason", "external_id"),
            "status": _status(),
            "started_at": _column(Face.TIME, "started_at"),
            "ended_at": _column(Face.TIME, "ended_at", nullable=True),
            "duration": _duration_s(),
            **_parents("experiment_id", nullable=False),
            **_parents("parent_id", nullable=True),
            **{f"source.{name}": _source(name) for name in _SOURCE},
        },
        ("experiment_id", "parent_id"),
    ),
    "checkpoint": _kind(
        "checkpoints",
        {
            **_wholes("epoch", "step"),
            **_parents("experiment_id", nullable=False),
            **_parents("run_id", nullable=True),
        },
        ("experiment_id", "run_id"),
    ),
    "model": _kind("models", _texts("name", "owner", "task", "description")),
    "model_version": _kind(
        "model_versions",
        {
            **_texts("name", "description"),
            "version": _version(),
            "framework": _framework(),
            "tags": _tags(),
            **_parents("model_id", nullable=False),
            **_parents("experiment_id", "run_id", "checkpoint_id", nullable=True),
        },
        ("model_id", "experiment_id", "run_id"),
    ),
    "dataset": _kind(
        "datasets",
        {
            **_texts("name", "location", "digest"),
            **_wholes("row_count", "column_count"),
        },
    ),
}
"""What can be searched for."""


_ALIASES: Final[Mapping[tuple[Kind, str], str]] = {("run", "run_name"): "name", ("run", "run_id"): "id"}
"""Fields by the names that MLflow has for them, where the meaning is equal."""


def field_of(kind: Kind, path: FieldPath, *, where: str) -> tuple[FieldRule, str]:
    """Return the field that a path names, and the key that follows the field's name.

    Args:
        kind: Of what the field is.
        path: As the user wrote it.
        where: What errors name: "filter" or "order_by".

    Raises:
        FilterError: There is no such field, or it needs a key.
    """
    fields = KINDS[kind].fields
    texts = _meant(kind, [part.text for part in path.parts])
    plain = fields.get(".".join(texts))
    if plain is not None and not plain.keyed:
        return plain, ""
    keyed = fields.get(texts[0])
    if keyed is None or (not keyed.keyed and len(texts) > 1):
        known = " ".join(sorted(_shown(name, rule) for name, rule in fields.items()))
        meant = " or ".join(likely(texts, fields))
        remedy = f"; did you mean {meant}?" if meant else ""
        noun = kind.replace("_", " ")
        raise FilterError(where, path.position, f"a {noun} has no field {path}; it has {known}{remedy}")
    if len(texts) == 1:
        raise FilterError(where, path.position, f"{path} needs a key, as in {texts[0]}.name")
    suffix = path.parts[-1]
    if texts[0] == "metrics" and len(texts) > 2 and not suffix.quoted and suffix.text in METRIC_SUFFIXES:  # noqa: PLR2004  # field, key, suffix
        return METRIC_SUFFIXES[suffix.text], ".".join(texts[1:-1])
    return keyed, ".".join(texts[1:])


def _meant(kind: Kind, texts: list[str]) -> list[str]:
    """Return the parts of a path with our words for those of MLflow."""
    match texts:
        case ["attributes", name, *rest]:
            texts = [name, *rest]
        case ["tags", key, *rest]:
            texts = ["labels", key, *rest]
    return [_ALIASES.get((kind, texts[0]), texts[0])] if len(texts) == 1 else texts


def _shown(name: str, rule: FieldRule) -> str:
    return f"{name}.<key>" if rule.keyed else name
