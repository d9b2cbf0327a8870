"""What a program has in memory as the bytes of a file: text, JSON, figures, images, tables.

The libraries whose objects these are have been imported by whoever made them; nothing of them is imported here. What
is not needed by all is asked of the objects themselves.

Must not know: any kind of object.
"""

import csv
import io
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from modelbox.errors import InvalidFieldError, MissingPackageError

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_COLORS: Final = {1: 0, 3: 2, 4: 6}
_BYTE_MAX: Final = 255
_IMAGE_AXES: Final = (2, 3)


def suffix_of(path: str) -> str:
    """Return a path's suffix in lower case, without its point."""
    return PurePosixPath(path).suffix.lower().removeprefix(".")


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON, indented; what JSON does not know is asked for its list or written as its text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=_plain).encode(errors="backslashreplace") + b"\n"


def dict_bytes(value: Any, path: str) -> bytes:
    """Return a value as JSON or, where the path says so, as YAML.

    Raises:
        MissingPackageError: YAML is asked for, and PyYAML is not installed.
    """
    if suffix_of(path) not in {"yaml", "yml"}:
        return json_bytes(value)
    try:
        import yaml  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415  # an optional package
    except ImportError as error:
        raise MissingPackageError.of("yaml", "pip install pyyaml") from error
    # Through JSON: of arrays and paths YAML knows no more than JSON does.
    plain = json.loads(json_bytes(value))
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True)).encode()


def figure_bytes(figure: Any, path: str) -> bytes:
    """Return a figure of matplotlib (or its axes) or of plotly, in the format that the path's suffix names.

    Raises:
        InvalidFieldError: It is no figure.
    """
    suffix = suffix_of(path) or "png"
    if callable(getattr(figure, "to_plotly_json", None)):
        if suffix == "html":
            return str(figure.to_html()).encode()
        return str(figure.to_json()).encode() if suffix == "json" else bytes(figure.to_image(format=suffix))
    save = getattr(figure, "savefig", None) or getattr(getattr(figure, "figure", None), "savefig", None)
    if not callable(save):
        raise InvalidFieldError.of("figure", f"needs one of matplotlib or plotly, not {type(figure).__name__}")
    into = io.BytesIO()
    save(into, format=suffix)
    return into.getvalue()


def image_bytes(image: Any, path: str) -> bytes:
    """Return an image of PIL in the format that the path's suffix names, or an array as PNG.

    An array is height by width, with 1, 3 or 4 channels last unless it is grey: whole numbers from 0 to 255, booleans,
    or fractions from 0 to 1.

    Raises:
        InvalidFieldError: It is neither, or the array is no image.
        MissingPackageError: An array is to be no PNG, and Pillow is not installed.
    """
    suffix = suffix_of(path) or "png"
    if not hasattr(image, "__array__") or hasattr(image, "save"):
        if not callable(getattr(image, "save", None)):
            raise InvalidFieldError.of("image", f"needs an array or an image of PIL, not {type(image).__name__}")
        into = io.BytesIO()
        image.save(into, format={"jpg": "jpeg"}.get(suffix, suffix))
        return into.getvalue()
    pixels = _pixels(image)
    if suffix == "png":
        return _png(pixels)
    try:
        from PIL import Image  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  # an optional package
    except ImportError as error:
        raise MissingPackageError.of("PIL", "pip install pillow, or give it a name that ends in .png") from error
    return image_bytes(Image.fromarray(pixels if pixels.shape[2] > 1 else pixels[:, :, 0]), path)


def table_bytes(table: Any, path: str) -> bytes:
    """Return a table as CSV or, where the path ends in `.json`, as an object with `columns` and `data`, its rows.

    Args:
        table: A DataFrame, a dict with a list for each column, or a list of dicts, one a row.

    Raises:
        InvalidFieldError: It is none of these, or the path ends in something else.
    """
    columns, rows = _table(table)
    match suffix_of(path):
        case "json":
            return json_bytes({"columns": columns, "data": rows})
        case "csv":
            into = io.StringIO()
            csv.writer(into).writerows([columns, *rows])
            return into.getvalue().encode(errors="backslashreplace")
        case suffix:
            raise InvalidFieldError.of("path", f"a table is kept as .csv or .json, not as {suffix[:20]!r}")


def confusion_matrix(actual: Iterable[Any], predicted: Iterable[Any], labels: Iterable[Any] | None) -> dict[str, Any]:
    """Return how often each label was predicted as each: a row a label as it was, a column a label as predicted.

    Raises:
        InvalidFieldError: There are not as many predictions as labels, or one is not among `labels`.
    """
    was, said = _plain_list(actual), _plain_list(predicted)
    if len(was) != len(said):
        raise InvalidFieldError.of("predicted", f"has {len(said)} labels, and actual has {len(was)}; give as many")
    names = sorted({*was, *said}, key=_in_order) if labels is None else _plain_list(labels)
    places = {name: number for number, name in enumerate(names)}
    matrix = [[0] * len(names) for _ in names]
    for pair in zip(was, said, strict=True):
        if (unknown := next((name for name in pair if name not in places), None)) is not None:
            raise InvalidFieldError.of("labels", f"lacks {str(unknown)[:80]!r}, which is among what was or was said")
        matrix[places[pair[0]]][places[pair[1]]] += 1
    return {"labels": names, "matrix": matrix}


def _plain(value: Any) -> Any:
    for name in ("tolist", "isoformat"):  # arrays and scalars of numpy, times
        method: Callable[[], Any] | None = getattr(value, name, None)
        if callable(method):
            return method()
    return list(value) if isinstance(value, (set, frozenset)) else str(value)


def _plain_list(values: Any) -> list[Any]:
    listed: Callable[[], Iterable[Any]] | None = getattr(values, "tolist", None)
    return list(values if listed is None else listed())


def _in_order(value: Any) -> tuple[bool, Any]:
    """Return what orders labels: numbers first, then by their text."""
    return (False, value) if isinstance(value, (int, float)) else (True, str(value))


def _table(table: Any) -> tuple[list[str], list[list[Any]]]:
    columns = getattr(table, "columns", None)
    if columns is not None and hasattr(table, "itertuples"):
        return [str(name) for name in columns], [list(row) for row in table.itertuples(index=False, name=None)]
    if isinstance(table, Mapping):
        listed = {str(name): _plain_list(values) for name, values in table.items()}
        if len({len(values) for values in listed.values()}) > 1:
            raise InvalidFieldError.of("table", "its columns are not equally long")
        return list(listed), [list(row) for row in zip(*listed.values(), strict=True)]
    if isinstance(table, Sequence) and all(isinstance(row, Mapping) for row in table):
        names = list(dict.fromkeys(str(name) for row in table for name in row))
        return names, [[{str(key): value for key, value in row.items()}.get(name) for name in names] for row in table]
    raise InvalidFieldError.of("table", f"needs a DataFrame, a dict of columns or a list of dicts, not {_named(table)}")


def _pixels(image: Any) -> Any:
    """Return an array of bytes: height, width, channels."""
    pixels = image.__array__()
    if pixels.ndim not in _IMAGE_AXES or 0 in pixels.shape:
        raise InvalidFieldError.of("image", f"has the shape {pixels.shape}; give height, width and channels")
    if pixels.dtype.kind == "f":
        if not bool(((pixels >= 0) & (pixels <= 1)).all()):
            raise InvalidFieldError.of("image", "fractions are from 0 to 1; scale it, or give whole numbers to 255")
        pixels = (pixels * _BYTE_MAX).round()
    elif pixels.dtype.kind == "b":
        pixels = pixels.astype("uint8") * _BYTE_MAX
    elif pixels.dtype.kind not in "iu" or not bool(((pixels >= 0) & (pixels <= _BYTE_MAX)).all()):
        raise InvalidFieldError.of("image", f"holds {pixels.dtype}; give whole numbers from 0 to 255, or fractions")
    pixels = pixels.astype("uint8").reshape(*pixels.shape[:2], -1)
    if pixels.shape[2] not in _PNG_COLORS:
        raise InvalidFieldError.of("image", f"has {pixels.shape[2]} channels; give 1, 3 or 4, as the last axis")
    return pixels


def _png(pixels: Any) -> bytes:
    """Return pixels as PNG (ISO/IEC 15948): one filtered scan line after the other, deflated."""
    height, width, channels = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, _PNG_COLORS[channels], 0, 0, 0)
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(lines)), (b"IEND", b""))
    return _PNG + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _named(value: Any) -> str:
    return type(value).__name__
