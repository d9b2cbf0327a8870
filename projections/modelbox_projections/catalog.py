"""The projections of this version of ModelBox: each package that has one defines it in its module `projection`."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from modelbox_projections.errors import UnknownProjectionError
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


PROJECTIONS: Final = catalog_of(*_defined())


def projection_of(catalog: Catalog, name: str) -> Projection:
    """Return the projection of this name.

    Raises:
        UnknownProjectionError: There is none.
    """
    try:
        return catalog[name]
    except KeyError:
        raise UnknownProjectionError(name, sorted(catalog)) from None
