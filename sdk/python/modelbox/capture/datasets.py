"""What data is, without the data: a digest of its content, its columns, what is known of their values.

`describe` takes tables of pandas, arrays of numpy, several of them by name, files, folders and torch datasets. pandas
and numpy are used only where an object shows that they are loaded.

Must not know: any kind of object.
"""

import hashlib
import json
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from modelbox.capture.arrays import describe_array, is_array
from modelbox.capture.description import COLUMNS_MAX, Description
from modelbox.capture.sparse import describe_sparse, is_sparse
from modelbox.capture.tables import describe_table, is_table
from modelbox.errors import InvalidFieldError
from modelbox.values import DatasetColumn


def describe(data: object, *, location: str = "") -> Description:
    """Describe data by its content: the same content has the same digest on every machine.

    What the digest covers, by kind of data (`Description.digest_of` says it of one):

    - a file: its bytes, so that `sha256sum` prints the same;
    - a folder: of each file below it, by path, a line of path, NUL and the SHA-256 of its bytes in hexadecimal;
    - a table of pandas: of each column its name, type and values, in their order; not the index;
    - a sparse matrix or tensor: its type, shape, and the places and values that are stored;
    - an array: its type, shape and values in C order, little-endian;
    - several arrays or tables by name, such as `{"X_train": …, "y_train": …}`: their names and digests;
    - a torch dataset: its tensors where it has `tensors`, otherwise its class and length alone.

    Args:
        location: Where the data is kept, a path or URI; of files and folders their path, unless given.

    Raises:
        InvalidFieldError: The data is none of these.
        OSError: A file cannot be read.
    """
    match data:
        case str() | PathLike():
            path = fspath(data)
            return _describe_path(Path(path if isinstance(path, str) else path.decode()), location)
        case _ if is_sparse(data):  # before dicts: one form of scipy's matrices is one
            return describe_sparse(data, location)
        case Mapping():
            return _describe_parts({str(name): part for name, part in data.items()}, location)
        case _ if is_table(data):
            return describe_table(data, location)
        case _ if is_array(data):
            return describe_array(data, location)
        case _ if hasattr(data, "__getitem__") and hasattr(data, "__len__") and type(data).__module__ != "builtins":
            return _describe_torch(data, location)
        case _:
            kind = type(data).__name__
            message = f"{kind} is not known; give a table of pandas, an array, a dict of them, or a path"
            raise InvalidFieldError.of("data", message)


def _describe_path(path: Path, location: str) -> Description:
    place = location or str(path.absolute())
    if path.is_file():
        found = {"bytes": path.stat().st_size}
        return Description(f"sha256:{_file_digest(path)}", "the file's bytes", location=place, metadata=found)
    if not path.is_dir():
        raise InvalidFieldError.of("data", f"{str(path)[:200]!r} is no file and no folder")
    digest = hashlib.sha256()
    files, size = 0, 0
    for name, file in sorted((file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file()):
        digest.update(f"{name}\0{_file_digest(file)}\n".encode(errors="surrogateescape"))
        files, size = files + 1, size + file.stat().st_size
    return Description(
        f"sha256:{digest.hexdigest()}",
        "path and SHA-256 of each file",
        location=place,
        metadata={"files": files, "bytes": size},
    )


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _describe_parts(parts: Mapping[str, object], location: str) -> Description:
    """Describe arrays or tables that belong together; each is a column, its own columns go into the summary."""
    if not parts or any(isinstance(part, (str, PathLike, Mapping)) for part in parts.values()):
        raise InvalidFieldError.of("data", "a dict of data holds arrays or tables by name")
    described = {name: describe(part) for name, part in parts.items()}
    digests = json.dumps({name: part.digest for name, part in described.items()}, sort_keys=True)
    counts = {part.row_count for part in described.values()}
    return Description(
        f"sha256:{hashlib.sha256(digests.encode()).hexdigest()}",
        "names and digests of the parts",
        columns=tuple(_part_column(name, part) for name, part in list(described.items())[:COLUMNS_MAX]),
        row_count=counts.pop() if len(counts) == 1 else None,
        column_count=len(described),
        location=location,
    )


def _part_column(name: str, part: Description) -> DatasetColumn:
    summary: dict[str, Any] = {"digest": part.digest, "rows": part.row_count, "columns": part.column_count}
    if len(part.columns) == 1:
        return DatasetColumn(name, part.columns[0].type, summary | dict(part.columns[0].summary))
    return DatasetColumn(name, "table", summary)


def _describe_torch(data: Any, location: str) -> Description:
    """Describe a dataset of torch, whose items only a training reads: it may make them anew each time."""
    length = len(data)
    kind = f"{type(data).__module__}.{type(data).__qualname__}"
    tensors = getattr(data, "tensors", None)
    if tensors is not None and all(is_array(tensor) for tensor in tensors):
        return _describe_parts({f"tensors[{number}]": tensor for number, tensor in enumerate(tensors)}, location)
    digest = hashlib.sha256(json.dumps([kind, length]).encode()).hexdigest()
    return Description(
        f"sha256:{digest}", "class and length", row_count=length, location=location, metadata={"class": kind}
    )
