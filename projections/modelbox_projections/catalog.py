"""The projections of this version of ModelBox."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from modelbox_projections.artifacts.projection import ArtifactsProjection
from modelbox_projections.checkpoints.projection import CheckpointsProjection
from modelbox_projections.datasets.projection import DatasetsProjection
from modelbox_projections.errors import UnknownProjectionError
from modelbox_projections.experiments.projection import ExperimentsProjection
from modelbox_projections.hyperparameters.projection import HyperparametersProjection
from modelbox_projections.lineage.projection import LineageProjection
from modelbox_projections.logged_events.projection import LoggedEventsProjection
from modelbox_projections.metadata.projection import MetadataProjection
from modelbox_projections.metrics.projection import MetricsProjection
from modelbox_projections.model_versions.projection import ModelVersionsProjection
from modelbox_projections.models.projection import ModelsProjection
from modelbox_projections.namespaces.projection import NamespacesProjection
from modelbox_projections.projection import Projection
from modelbox_projections.runs.projection import RunsProjection

Catalog = Mapping[str, Projection]
"""Projections by name."""


def catalog_of(*projections: Projection) -> Catalog:
    """Return these projections by name."""
    return MappingProxyType({projection.name: projection for projection in projections})


PROJECTIONS: Final = catalog_of(
    ExperimentsProjection(),
    RunsProjection(),
    CheckpointsProjection(),
    DatasetsProjection(),
    ModelsProjection(),
    ModelVersionsProjection(),
    MetadataProjection(),
    HyperparametersProjection(),
    MetricsProjection(),
    ArtifactsProjection(),
    LoggedEventsProjection(),
    LineageProjection(),
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
