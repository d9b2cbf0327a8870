"""Arrays of numpy, and what numpy can take as one without a copy: tensors of torch and jax."""

import hashlib
import json
import math
import sys
from collections.abc import Iterator
from typing import Any, Final

from modelbox.capture.description import COLUMNS_MAX, LABELS_MAX, Description, number, shown, top_values
from modelbox.foreign import ADDRESS, text_of
from modelbox.values import DatasetColumn

BLOCK_VALUES: Final = 1024 * 1024
"""Values that are looked at at once: an array may be larger than the memory, mapped from a file."""

_NUMBERS: Final = "biuf"


def is_array(data: object) -> bool:
    """Tell an array: it says so itself, and has a shape."""
    return hasattr(data, "__array__") and hasattr(data, "shape") and hasattr(data, "dtype")


def describe_array(data: Any, location: str) -> Description:
    """Describe an array; the first axis counts the rows, of two axes the second the columns."""
    array = numpy_array(data)
    digest = hashlib.sha256(json.dumps([array.dtype.newbyteorder("<").str, list(array.shape)]).encode())
    for block in _blocks(array):
        update_digest(digest, block)
    is_table = array.ndim == 2 and array.shape[1] <= COLUMNS_MAX  # noqa: PLR2004  # rows and columns
    if is_table:
        columns = tuple(DatasetColumn(str(n), str(array.dtype), summary_of(array[:, n])) for n in range(array.shape[1]))
    else:
        shape = list(array.shape[1:])
        kind = f"{array.dtype}{shape}" if shape else str(array.dtype)
        columns = (DatasetColumn("values", kind, {"shape": list(array.shape)} | summary_of(array)),)
    return Description(
        f"sha256:{digest.hexdigest()}",
        "type, shape and values",
        columns=columns,
        row_count=array.shape[0] if array.ndim else 1,
        column_count=array.shape[1] if is_table else 1,
        location=location,
    )


def update_digest(digest: "hashlib._Hash", block: Any) -> None:
    """Add the values of an array: little-endian in C order, of every NaN the same bits; objects as text.

    Of a masked array which values are masked counts too, and what is below the mask does not.
    """
    numpy: Any = sys.modules["numpy"]
    if _is_masked(block):
        mask = numpy.ma.getmaskarray(block)
        digest.update(numpy.packbits(mask).tobytes())
        block = numpy.where(mask, numpy.zeros((), block.dtype), block.data)
    if block.dtype.hasobject:
        for value in block.flat:
            # The length keeps ("ab", "c") apart from ("a", "bc"); a missing value is no text.
            text = b"" if value is None else _text_of(value)
            digest.update(b"-;" if value is None else b"%d:" % len(text) + text)
        return
    plain = block.astype(block.dtype.newbyteorder("<"), order="C", copy=False)
    if plain.dtype.kind == "f" and numpy.isnan(plain).any():
        plain = numpy.where(numpy.isnan(plain), plain.dtype.type("nan"), plain)
    digest.update(numpy.ascontiguousarray(plain).tobytes())


def _text_of(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode(errors="surrogatepass")
    # An object that has no text of its own has its address in it, another one in every process.
    return ADDRESS.sub("", text_of(value)).encode(errors="surrogatepass")


def summary_of(array: Any) -> dict[str, Any]:
    """Return count, nulls, bounds and mean of numbers; labels with their counts where there are few."""
    if _is_masked(array):
        rest = array.compressed()
        return summary_of(rest) | {"nulls": int(array.size - rest.size)}
    summary = _summary_of_numbers(array) if array.dtype.kind in _NUMBERS else {"count": int(array.size)}
    # Different numbers with a fraction say nothing; whole numbers and text are often labels.
    if array.ndim == 1 and array.dtype.kind in "biuUS":
        summary |= _labels_of(array)
    return summary


def _summary_of_numbers(array: Any) -> dict[str, Any]:
    """Go over the blocks with sums that stay exact enough: the mean's and the squared differences' (Chan et al.)."""
    numpy: Any = sys.modules["numpy"]
    count, nulls, low, high, mean, squares = 0, 0, math.inf, -math.inf, 0.0, 0.0
    for block in _blocks(array):
        values = block.astype("float64", copy=False).ravel()
        finite = values[numpy.isfinite(values)]
        nulls += int(numpy.isnan(values).sum()) if array.dtype.kind == "f" else 0
        if not finite.size:
            continue
        block_mean = float(finite.mean())
        block_squares = float(((finite - block_mean) ** 2).sum())
        total = count + finite.size
        difference = block_mean - mean
        squares += block_squares + difference**2 * count * finite.size / total
        mean += difference * finite.size / total
        count, low, high = total, min(low, float(finite.min())), max(high, float(finite.max()))
    summary: dict[str, Any] = {"count": int(array.size) - nulls, "nulls": nulls}
    if count:
        std = math.sqrt(squares / (count - 1)) if count > 1 else 0.0
        summary |= {"min": number(low), "max": number(high), "mean": number(mean), "std": number(std)}
    return summary


def _labels_of(array: Any) -> dict[str, Any]:
    numpy: Any = sys.modules["numpy"]
    values, counts = numpy.unique(array, return_counts=True)
    summary: dict[str, Any] = {"distinct": len(values)}
    frequent = sorted(zip(values, counts, strict=True), key=lambda pair: -pair[1])
    if len(values) <= LABELS_MAX:
        summary["labels"] = [[shown(value), int(times)] for value, times in zip(values, counts, strict=True)]
    else:
        summary["top"] = top_values(frequent)
    return summary


def numpy_array(data: Any) -> Any:
    """Return an array or tensor as numpy has it; types that numpy has not as those that hold their values."""
    if "numpy" not in sys.modules:
        import numpy as np  # noqa: F401, PLC0415  # a tensor is given, and torch may load numpy late
    numpy: Any = sys.modules["numpy"]
    if callable(getattr(data, "detach", None)):
        # A tensor on a device or in a graph is no array before it leaves them.
        data = _plain_tensor(data.detach().cpu())
    return numpy.asanyarray(data) if isinstance(data, numpy.ma.MaskedArray) else numpy.asarray(data)


def _plain_tensor(data: Any) -> Any:
    kind = str(getattr(data, "dtype", ""))
    if kind.startswith(("torch.bfloat16", "torch.float8")):
        return data.float()
    if kind == "torch.complex32":
        torch: Any = sys.modules["torch"]
        return data.to(torch.complex64)
    if getattr(data, "is_quantized", False):
        return data.dequantize()
    for name in ("resolve_conj", "resolve_neg"):
        resolve = getattr(data, name, None)
        data = resolve() if callable(resolve) else data
    return data


def _is_masked(array: Any) -> bool:
    numpy: Any = sys.modules["numpy"]
    return isinstance(array, numpy.ma.MaskedArray)


def _blocks(array: Any) -> Iterator[Any]:
    """Yield the array in slices along its first axis, each of about `BLOCK_VALUES`."""
    if array.ndim == 0:
        yield array.reshape(1)
        return
    rows = max(1, BLOCK_VALUES // max(1, math.prod(array.shape[1:])))
    for start in range(0, array.shape[0], rows):
        yield array[start : start + rows]
