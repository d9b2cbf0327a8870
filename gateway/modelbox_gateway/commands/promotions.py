"""Making model versions of training checkpoints, run against the log.

Must not know: the wire, the views.
"""

import msgspec

from modelbox_events import InvalidEventError, Log, StreamRef
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.experiment import EXPERIMENT, ExperimentCreated
from modelbox_gateway.commands import checkpoint
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.creations import Creations
from modelbox_gateway.commands.folding import fold
from modelbox_gateway.commands.model import CreateModelVersion
from modelbox_gateway.commands.models import Models, VersionCreated
from modelbox_gateway.errors import InvalidFieldError


class Promotions:
    """The command that makes a model version of a checkpoint."""

    def __init__(self, log: Log, creations: Creations, models: Models) -> None:
        """Run on `log`."""
        self._log = log
        self._creations = creations
        self._models = models

    async def promote(self, source: StreamRef, command: CreateModelVersion, caller: Caller) -> VersionCreated:
        """Create a model version with what a checkpoint holds at this moment.

        Args:
            source: The checkpoint.
            command: The version as it would be created without the checkpoint; its metadata wins over the checkpoint's.
            caller: Who asks.

        Raises:
            ObjectDeletedError: The checkpoint, the model or the version is deleted.
            UniqueTagTakenError: Another model version holds one of the unique tags, and they are not to be moved.
            InvalidFieldError: What the checkpoint holds does not fit one event.
        """
        created = (await self._creations.first(source, CheckpointCreated)).event
        experiment = StreamRef(source.namespace, EXPERIMENT, created.experiment_id)
        framework = (await self._creations.first(experiment, ExperimentCreated)).event.framework
        contents, _ = await fold(
            self._log, source.id, checkpoint.CONTENT_TYPES, checkpoint.evolve, state=checkpoint.Contents()
        )
        full = msgspec.structs.replace(
            command,
            framework=framework,
            metadata={**contents.metadata, **command.metadata},
            files=contents.files,
            origin=checkpoint.origin_of(contents, created),
        )
        try:
            return await self._models.create_model_version(full, caller, parents={"checkpoint_id": source})
        except InvalidEventError as error:
            if error.field == "data":
                raise InvalidFieldError("checkpoint_id", f"with all that it holds, {error.problem}") from error
            raise
