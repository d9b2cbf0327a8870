"""Metrics that were asked for and that an object has not: they are told, with the nearest that it has."""

import logging
from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.transport import methods

_NEAREST_MAX: Final = 3
_SIMILAR: Final = 0.6

_log = logging.getLogger("modelbox")


def tell_missing_series(session: Session, object_id: str, keys: Collection[str], *, in_range: bool) -> None:
    """Warn about those of these keys, of which no points were found, that the object has not.

    Nothing is said of an object without any metrics: it may have yet to log some.

    Args:
        in_range: Whether points of some steps only were asked for: then a key may be there all the same.
    """
    absent = list(keys)
    if in_range and absent:
        request = pb.GetMetricsRequest(parent_id=object_id, keys=absent, columns=True, max_points=1)
        found = {series.key for series in ask(session, methods.GET_METRICS, request).series}
        absent = [key for key in absent if key not in found]
    if not absent:
        return
    # As one asks for the last steps: no point is read for it.
    request = pb.GetMetricsRequest(parent_id=object_id, columns=True, newest=True, max_points=1)
    there_are = sorted({series.key for series in ask(session, methods.GET_METRICS, request).series})
    if not there_are:
        return
    for key in absent:
        by_case = {name.lower(): name for name in there_are}
        near = [by_case[name] for name in get_close_matches(key.lower(), by_case, n=_NEAREST_MAX, cutoff=_SIMILAR)]
        _log.warning(
            "keys: %s has no metric %r; the nearest: %s", object_id, key, ", ".join(near or there_are[:_NEAREST_MAX])
        )
