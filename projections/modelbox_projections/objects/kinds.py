"""The kinds of objects: each package that has one describes it as `KIND` in its module `kind`."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from modelbox_events.event import Kind
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.packages import modules


def _described() -> Iterator[ObjectKind[Any]]:
    for module in modules("kind"):
        kind = module.KIND
        if not isinstance(kind, ObjectKind):
            raise TypeError(f"{module.__name__}.KIND is no ObjectKind")
        yield kind


KINDS: Final[Mapping[Kind, ObjectKind[Any]]] = MappingProxyType({kind.name: kind for kind in _described()})
"""The kinds of objects, by their names in the log."""
