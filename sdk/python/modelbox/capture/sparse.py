"""Sparse matrices of scipy and sparse tensors of torch: what is stored, for written out they may not fit the memory."""

import hashlib
import json
import math
import sys
from typing import Any

from modelbox.capture.arrays import numpy_array, summary_of, update_digest
from modelbox.capture.description import Description
from modelbox.values import DatasetColumn


def is_sparse(data: Any) -> bool:
    """Tell a sparse matrix or tensor."""
    scipy: Any = sys.modules.get("scipy.sparse")
    torch: Any = sys.modules.get("torch")
    return (scipy is not None and scipy.issparse(data)) or (
        torch is not None and isinstance(data, torch.Tensor) and data.layout != torch.strided
    )


def describe_sparse(data: Any, location: str) -> Description:
    """Describe it by its shape, and the places and values that are stored, whatever the form they are stored in."""
    places, values = _stored(data)
    shape = tuple(int(length) for length in data.shape)
    digest = hashlib.sha256(json.dumps(["sparse", values.dtype.newbyteorder("<").str, shape]).encode())
    for part in (*places, values):
        update_digest(digest, part)
    summary = {"shape": list(shape), "stored": int(values.shape[0]), "of": math.prod(shape)} | summary_of(values)
    return Description(
        f"sha256:{digest.hexdigest()}",
        "type, shape, and the places and values that are stored",
        columns=(DatasetColumn("values", f"sparse {values.dtype}", summary),),
        row_count=shape[0] if shape else 1,
        column_count=1,
        location=location,
    )


def _stored(data: Any) -> tuple[list[Any], Any]:
    """Return the places by axis and the values, in the order of the places."""
    if hasattr(data, "tocoo"):
        matrix = data.tocoo(copy=True)
        matrix.sum_duplicates()
        places, values = [numpy_array(axis) for axis in matrix.coords], matrix.data
    else:
        tensor = data.detach().cpu().to_sparse_coo().coalesce()
        places, values = list(numpy_array(tensor.indices())), numpy_array(tensor.values())
    numpy: Any = sys.modules["numpy"]
    order = numpy.lexsort(places[::-1]) if places else slice(None)
    return [axis.astype("int64")[order] for axis in places], values[order]
