"""An object with what hangs on it, read in one statement: the read that a client waits for most often.

Must not know: which kind of object it is.
"""

from typing import Generic, TypeVar

import asyncpg
import msgspec

Row = TypeVar("Row", bound=msgspec.Struct)


class Details(msgspec.Struct, Generic[Row], frozen=True):
    """An object's row, its metadata as JSON by key, and whether it has files (`Artifacts` has them)."""

    row: Row
    metadata: dict[str, bytes]
    has_files: bool


def details_of(row_type: type[Row], record: asyncpg.Record) -> Details[Row]:
    """Return the details that a record of a `get_details` statement holds."""
    columns = dict(record)
    keys, values = columns.pop("metadata_keys"), columns.pop("metadata_values")
    has_files = columns.pop("has_files")
    metadata = {key: value.encode() for key, value in zip(keys, values, strict=True)}
    return Details(row_type(**columns), metadata, has_files)
