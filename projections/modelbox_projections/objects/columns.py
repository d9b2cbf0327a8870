"""What the fields of a row are in Postgres, and the statements that follow from them.

The names in these statements are not data: they come from the code of each kind, and a name cannot be a parameter.

Must not know: any kind of object.
"""

import types
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

import msgspec

SHARED: Final[Mapping[str, str]] = {
    "id": "uuid",
    "namespace": "text",
    "name": "text",
    "owner": "text",
    "description": "text",
    "task": "text",
    "comment": "text",
    "labels": "jsonb",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "created_position": "bigint",
}
"""The columns that the creation of an object of any kind fills, with their types, in the order of `insert`."""

TEXTS: Final = ("name", "owner", "description", "task", "comment")
"""Those of them that say what an object is; a kind that does not have one leaves it empty."""

_PLAIN: Final[Mapping[Any, str]] = {
    UUID: "uuid",
    str: "text",
    int: "bigint",
    float: "double precision",
    bool: "boolean",
    datetime: "timestamptz",
}
_LINE_CHARS: Final = 110

# `updated_at` of the table is when the row itself changed.
_UPDATED_AT: Final = """greatest(updated_at, (
        SELECT touched.at FROM touches AS touched
        WHERE touched.object_id = objects.id
        ORDER BY touched.position DESC
        LIMIT 1
    )) AS updated_at"""


def insert_of(row: type[msgspec.Struct], own: Sequence[str], begins: Mapping[str, str]) -> str:
    """Return the statement that takes an array a column and adds objects.

    Args:
        row: What is known of an object.
        own: Those of its fields that are columns of this kind and are filled from the arrays.
        begins: Further columns of this kind, with the text that they have at the beginning.
    """
    hints = {field.name: field.type for field in msgspec.structs.fields(row)}
    columns = [*SHARED, *own, *begins]
    arrays = [*SHARED.values(), *(column_type(hints[name]) for name in own)]
    values = ", ".join(["*", *(f"'{text}'" for text in begins.values())])
    parameters = [f"${number}::{name}[]" for number, name in enumerate(arrays, start=1)]
    return f"INSERT INTO objects\n    ({_lines(columns)})\nSELECT {values} FROM unnest(\n    {_lines(parameters)}\n)"


def select_of(view: str, row: type[msgspec.Struct]) -> str:
    """Return the statement that reads the objects with these ids."""
    return f"SELECT\n    {_lines(row.__struct_fields__)}\nFROM modelbox_views.{view}\nWHERE id = ANY ($1::uuid[])"


def view_of(row: type[msgspec.Struct]) -> str:
    """Return the query of what readers see, where each field of the row is a column of table `objects`."""
    columns = [_UPDATED_AT if name == "updated_at" else name for name in row.__struct_fields__]
    return f"SELECT\n    {_lines(columns)}\nFROM objects"


def json_columns(row: type[msgspec.Struct]) -> frozenset[str]:
    """Return the fields of a row that Postgres gives as JSON text."""
    return frozenset(field.name for field in msgspec.structs.fields(row) if column_type(field.type) == "json")


def column_type(hint: Any) -> str:
    """Return the type in Postgres of a field with this annotation; objects, and lists of them, are JSON.

    Raises:
        TypeError: There is none.
    """
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        [plain] = [argument for argument in get_args(hint) if argument is not types.NoneType]
        return column_type(plain)
    if origin is list:
        element = column_type(get_args(hint)[0])
        return element if element == "json" else f"{element}[]"
    if origin is dict:
        return "json"
    if origin is Literal:
        return "text"
    plain = getattr(hint, "__supertype__", hint)  # a NewType is what it stands for
    if plain not in _PLAIN:
        raise TypeError(f"no column of a row has the type {hint}")
    return _PLAIN[plain]


def _lines(parts: Sequence[str]) -> str:
    """Return the parts with commas between them, in lines that a person can read."""
    lines = [""]
    for part in parts:
        if lines[-1] and len(lines[-1]) + len(part) > _LINE_CHARS:
            lines.append("")
        lines[-1] += f"{part}, "
    return "\n    ".join(line.rstrip() for line in lines).removesuffix(",")
