"""The projections of this version of ModelBox: one of each kind of object, and those that packages define.

A package that has one defines it in its module `projection`; of a kind that has none its description is enough.
"""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from modelbox_projections.errors import UnknownProjectionError
from modelbox_projections.objects.fold import projection_of_kind
from modelbox_projections.objects.kinds import KINDS
from modelbox_projections.packages import modules
from modelbox_projections.projection import Projection

Catalog = Mapping[str, Projection]
"""Projections by name."""


def catalog_of(*projections: Projection) -> Catalog:
    """Return these projections by name."""
    return MappingProxyType({projection.name: projection for projection in projections})


def _defined() -> Iterator[Projection]:
    for module in modules("projection"):
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Projection) and value.__module__ == module.__name__:
                yield value()


def _all() -> Iterator[Projection]:
    defined = catalog_of(*_defined())
    yield from defined.values()
    yield from (projection_of_kind(kind) for kind in KINDS.values() if kind.view not in defined)


PROJECTIONS: Final = catalog_of(*sorted(_all(), key=attrgetter("name")))


def projection_of(catalog: Catalog, name: str) -> Projection:
    """Return the projection of this name.

    Raises:
        UnknownProjectionError: There is none.
    """
    try:
        return catalog[name]
    except KeyError:
        raise UnknownProjectionError(name, sorted(catalog)) from None
