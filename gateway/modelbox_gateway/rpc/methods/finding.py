"""Objects by the beginning of their id: FindObjects."""

import re
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.limits import FOUND_OBJECTS_MAX, ID_PREFIX_DIGITS_MIN
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_projections.lineage.queries import LineageView

_VIEWS: Final = ("lineage", "artifacts")
_DIGITS: Final = 32
_DASHES_AFTER: Final = (8, 12, 16, 20)
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]*")


class FindingMethods:
    """The method that finds objects of any kind."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def find_objects(self, request: pb.FindObjectsRequest, call: Call) -> pb.FindObjectsResponse:
        """Return the objects of any kind whose ids begin so, deleted or not: a few, and whether there are more."""
        first, last = _range(request.id_prefix)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._backend.services.views.of(LineageView).find(first, last, limit=FOUND_OBJECTS_MAX + 1)
        objects = [
            pb.FoundObject(id=str(node.id), type=node.type, name=node.name, namespace=node.namespace)
            for node in found[:FOUND_OBJECTS_MAX]
        ]
        return pb.FindObjectsResponse(objects=objects, more=len(found) > FOUND_OBJECTS_MAX)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on finding objects."""
    finding = FindingMethods(backend)
    return (unary("FindObjects", pb.FindObjectsRequest, finding.find_objects),)


def _range(prefix: str) -> tuple[UUID, UUID]:
    """Return the first and the last id that begin so.

    Raises:
        InvalidFieldError: No id begins so, or it is too short to tell anything.
    """
    digits = prefix.lower().replace("-", "")
    groups = [digits[start:end] for start, end in zip((0, *_DASHES_AFTER), (*_DASHES_AFTER, _DIGITS), strict=True)]
    dashed = "-".join(filter(None, groups))
    at_dash = f"{dashed}-" if len(digits) in _DASHES_AFTER else dashed
    is_beginning = prefix.lower() in (digits, dashed, at_dash)
    if not (_HEXADECIMAL.fullmatch(digits) and len(digits) <= _DIGITS and is_beginning):
        raise InvalidFieldError("id_prefix", f"{prefix[:80]!r} is not the beginning of an id")
    if len(digits) < ID_PREFIX_DIGITS_MIN:
        raise InvalidFieldError("id_prefix", f"{prefix!r} is too short; give {ID_PREFIX_DIGITS_MIN} digits or more")
    return UUID(hex=digits.ljust(_DIGITS, "0")), UUID(hex=digits.ljust(_DIGITS, "f"))
