"""What hangs on objects of any kind, as answers show it.

Must not know: the kinds of object.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from modelbox_gateway.rpc.limits import FILES_SHOWN_MAX
from modelbox_projections import ArtifactRow, MetricSummaryRow, Views

ATTACHED_VIEWS: Final = ("metadata", "artifacts", "metrics", "hyperparameters")
"""The views that `attached_to` reads."""


class Attached(NamedTuple):
    """What hangs on one object: metadata and hyperparameters as JSON, its newest files, what its metrics come to."""

    metadata: Mapping[str, bytes]
    files: Sequence[ArtifactRow]
    metrics: Sequence[MetricSummaryRow]
    hyperparameters: Mapping[str, bytes]


async def attached_to(views: Views, ids: Sequence[UUID]) -> dict[UUID, Attached]:
    """Return what hangs on each of these objects."""
    metadata = await views.metadata.of_many(ids)
    files = await views.artifacts.of_many(ids, limit=FILES_SHOWN_MAX)
    metrics = await views.metrics.summaries_of_many(ids)
    hyperparameters = await views.hyperparameters.of_many(ids)
    return {key: Attached(metadata[key], files[key], metrics[key], hyperparameters[key]) for key in ids}
