"""How an object stands, whatever its kind: for answers to writes that found everything as it should be.

Must not know: what was to be written.
"""

from typing import Final
from uuid import UUID

from modelbox_events import StreamRef
from modelbox_events.types.checkpoint import CHECKPOINT
from modelbox_events.types.dataset import DATASET
from modelbox_events.types.experiment import EXPERIMENT
from modelbox_events.types.model import MODEL
from modelbox_events.types.model_version import MODEL_VERSION
from modelbox_events.types.run import RUN
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_projections import CheckpointRow, DatasetRow, ExperimentRow, ModelRow, ModelVersionRow, RunRow

_VIEW_OF: Final = {
    EXPERIMENT: "experiments",
    RUN: "runs",
    CHECKPOINT: "checkpoints",
    MODEL: "models",
    MODEL_VERSION: "model_versions",
    DATASET: "datasets",
}


Standing = ExperimentRow | RunRow | CheckpointRow | ModelRow | ModelVersionRow | DatasetRow
"""What the views know of an object of any kind: among it, when it was changed and deleted."""


async def standing(backend: Backend, call: Call, stream: StreamRef) -> Standing:
    """Return how an object stands after everything that was recorded before this moment.

    Raises:
        NotCaughtUpError: The views did not get there in time.
    """
    name = _VIEW_OF[stream.type]
    await backend.freshness.reached_head(call, (name,))
    row: Standing | None = await getattr(backend.services.views, name).get(stream.id)
    if row is None:
        raise ObjectNotFoundError("id", stream.type, str(stream.id))
    return row


async def known_version(backend: Backend, call: Call, model_version_id: UUID, *, field: str) -> ModelVersionRow:
    """Return a model version that the log knows, for what never changes of it, such as its model.

    `field` is where the request names it.

    Raises:
        NotCaughtUpError: The view did not come to it in time.
    """
    views = backend.services.views.model_versions
    row = await views.get(model_version_id)
    if row is None:
        await backend.freshness.reached_head(call, ("model_versions",))
        row = await views.get(model_version_id)
    if row is None:
        raise ObjectNotFoundError(field, MODEL_VERSION, str(model_version_id))
    return row
