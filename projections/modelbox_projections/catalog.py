"""The projections of this version of ModelBox."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from modelbox_projections.artifacts.projection import ArtifactsProjection
from modelbox_projections.errors import UnknownProjectionError
from modelbox_projections.metadata.projection import MetadataProjection
from modelbox_projections.metrics.projection import MetricsProjection
from modelbox_projections.model_versions.projection import ModelVersionsProjection
from modelbox_projections.models.projection import ModelsProjection
from modelbox_projections.namespaces.projection import NamespacesProjection
from modelbox_projections.projection import Projection

Catalog = Mapping[str, Projection]
"""Projections by name."""


def catalog_of(*projections: Projection) -> Catalog:
    """Return these projections by name."""
    return MappingProxyType({projection.name: projection for projection in projections})


PROJECTIONS: Final = catalog_of(
    ModelsProjection(),
    ModelVersionsProjection(),
    MetadataProjection(),
    MetricsProjection(),
    ArtifactsProjection(),
    NamespacesProjection(),
)


def projection_of(catalog: Catalog, name: str) -> Projection:
    """Return the projection of this name.

    Raises:
        UnknownProjectionError: There is none.
    """
    try:
        return catalog[name]
    except KeyError:
        raise UnknownProjectionError(name, sorted(catalog)) from None
