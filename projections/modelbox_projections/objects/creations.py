"""The events that create objects, of whatever kind.

Must not know: what a view makes of them.
"""

from typing import Final, TypeAlias
from uuid import UUID

from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.dataset import DatasetCreated
from modelbox_events.types.experiment import ExperimentCreated
from modelbox_events.types.model import ModelCreated
from modelbox_events.types.model_version import ModelVersionCreated
from modelbox_events.types.run import RunCreated
from modelbox_projections.projection import names_of

Creation: TypeAlias = (
    ExperimentCreated | RunCreated | CheckpointCreated | DatasetCreated | ModelCreated | ModelVersionCreated
)
"""An event that creates an object."""

CREATING: Final = names_of(
    ExperimentCreated, RunCreated, CheckpointCreated, DatasetCreated, ModelCreated, ModelVersionCreated
)
"""The types of `Creation`."""


def created_id(data: Creation) -> UUID:
    """Return the id of the object that was created."""
    match data:
        case ExperimentCreated():
            return data.experiment_id
        case RunCreated():
            return data.run_id
        case CheckpointCreated():
            return data.checkpoint_id
        case DatasetCreated():
            return data.dataset_id
        case ModelCreated():
            return data.model_id
        case ModelVersionCreated():
            return data.model_version_id
