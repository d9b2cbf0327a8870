"""Making model versions of training checkpoints, run against the log.

Must not know: the wire, the views.
"""

import msgspec

from modelbox_events import ChangeEvent, InvalidEventError, StreamRef
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.experiment import EXPERIMENT, ExperimentCreated
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.folding import fold
from modelbox_gateway.commands.result import Result
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.methods.model_version.registry import ModelRegistry
from modelbox_gateway.rules import checkpoint
from modelbox_gateway.rules.model_version import CreateModelVersion


class Promotions:
    """The command that makes a model version of a checkpoint."""

    def __init__(self, backend: Backend) -> None:
        """Run on `backend`."""
        self._log = backend.services.log
        self._creations = backend.creations
        self._registry = backend.shared(ModelRegistry)

    async def promote(self, source: StreamRef, command: CreateModelVersion, caller: Caller) -> Result[ChangeEvent]:
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
            return await self._registry.create(full, caller, parents={"checkpoint_id": source})
        except InvalidEventError as error:
            if error.field == "data":
                raise InvalidFieldError("checkpoint_id", f"with all that it holds, {error.problem}") from error
            raise
