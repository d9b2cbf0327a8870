"""Training checkpoints: of an experiment or a run, by epoch or step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from modelbox.errors import InvalidFieldError
from modelbox.fields import check_labels, check_number, check_step, check_text
from modelbox.ids import object_id
from modelbox.logged_object import LoggedObject, id_of
from modelbox.metadata import encode_metadata
from modelbox.models import MODEL_VERSIONS, Model, ModelVersion, tags_of, version_text
from modelbox.objects import Kind, OrderBy, StoredObject, selection, times_of
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask, create
from modelbox.transfer.files import Files, files_to_track, wire_file
from modelbox.transport import methods


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint(StoredObject):
    """A training checkpoint, keyed by its epoch or by its step; the other is None.

    `run_id` is empty for one that belongs to the experiment itself. `metric_values` are the metrics it was created
    with; `metrics` has them as points.
    """

    experiment_id: str
    run_id: str
    epoch: int | None
    step: int | None
    metric_values: Mapping[str, float] = field(repr=False, compare=False)

    def promote(
        self,
        model: Model | str,
        *,
        version: str | int = "",
        name: str = "",
        description: str = "",
        unique_tags: Iterable[str] = (),
        move_tags: bool = False,
        metadata: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> ModelVersion:
        """Make a version of a model of this checkpoint: with its files, metrics and metadata, in one change.

        Args:
            model: The model or its id.
            version: Unique in the model; the next whole number, unless given.
            name: The model's name, unless given.
            unique_tags: Tags that at most one version of the model has, such as "production".
            move_tags: Take the tags from the versions that hold them.
            metadata: A JSON value for each key, beside those of the checkpoint.
            labels: A text for each name.

        Raises:
            UniqueTagTakenError: Another version holds one of the tags.
            NotFoundError: There is no such model.
        """
        request = pb.PromoteCheckpointRequest(
            checkpoint_id=self.id,
            model=id_of("model", model),
            version=version_text(version),
            name=check_text("name", name),
            description=check_text("description", description),
            unique_tags=tags_of(unique_tags),
            move_tags=move_tags,
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
            labels=check_labels(labels),
        )
        response = ask(self._session, methods.PROMOTE_CHECKPOINT, request)
        promoted = pb.GetModelVersionRequest(id=response.model_version)
        return MODEL_VERSIONS.read(self._session, promoted, exists=response.exists)


CHECKPOINTS: Final = Kind(
    Checkpoint,
    pb.Checkpoint,
    get=methods.GET_CHECKPOINT,
    list=methods.LIST_CHECKPOINTS,
    readers={
        "epoch": lambda checkpoint: None if checkpoint.HasField("step") else checkpoint.epoch,
        "step": lambda checkpoint: checkpoint.step if checkpoint.HasField("step") else None,
        "metric_values": lambda checkpoint: dict(checkpoint.doubles),
    },
)


class HasCheckpoints(LoggedObject):
    """An object that checkpoints are taken of: an experiment or a run."""

    __slots__ = ()

    namespace: str

    def new_checkpoint(
        self,
        epoch: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        *,
        step: int | None = None,
        artifacts: Files = (),
        metadata: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Checkpoint:
        """Create a checkpoint. One of this epoch or step that exists already is returned as it is, with `exists` set.

        While the server is away it is created later, and returned as it was given.

        Args:
            epoch: The epoch that it was taken after, from 0.
            metrics: A number for each key.
            step: Instead of the epoch, the step that it was taken at, from 0.
            artifacts: Files to track; they are not uploaded: `Checkpoint.upload_artifact` does so.
            metadata: A JSON value for each key.
            labels: A text for each name.

        Raises:
            InvalidFieldError: Neither an epoch nor a step was given, or both, or an argument breaks a rule.
        """
        key = _key(epoch, step)
        request = pb.CreateCheckpointRequest(
            **self._checkpoint_parent(),
            **key,
            files=[wire_file(file) for file in files_to_track(artifacts)],
            doubles={key: check_number(key, value) for key, value in (metrics or {}).items()},
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
            labels=check_labels(labels),
        )
        response = create(self._session, methods.CREATE_CHECKPOINT, request)
        if response is not None and response.exists:
            return CHECKPOINTS.read(self._session, pb.GetCheckpointRequest(id=response.checkpoint_id))
        [(unit, number)] = key.items()
        created = pb.Checkpoint(
            id=object_id("checkpoint", self.id, unit, str(number)),
            namespace=self.namespace,
            experiment_id=self._experiment_id(),
            run_id=request.run_id,
            doubles=request.doubles,
            labels=request.labels,
            **key,
            **times_of(response),
        )
        return CHECKPOINTS.of(self._session, created, exists=False)

    def checkpoint(self, epoch: int | None = None, *, step: int | None = None) -> Checkpoint:
        """Return the checkpoint of an epoch or step.

        Raises:
            NotFoundError: There is none.
        """
        request = pb.GetCheckpointRequest(**self._checkpoint_parent(), **_key(epoch, step))
        return CHECKPOINTS.read(self._session, request)

    def checkpoints(
        self,
        *,
        filter: str = "",  # noqa: A002  # the word of every list
        order_by: OrderBy = "",
        include_deleted: bool = False,
        limit: int | None = None,
    ) -> list[Checkpoint]:
        """Return the checkpoints by epoch, then step; of an experiment those of its runs too.

        See `ModelBox.experiments` for the arguments.
        """
        selected = selection(filter=filter, order_by=order_by, include_deleted=include_deleted)
        request = pb.ListCheckpointsRequest(**self._checkpoint_parent(), **selected)
        return CHECKPOINTS.read_all(self._session, request, limit=limit)

    def _checkpoint_parent(self) -> dict[str, Any]:
        """Return the field of a request that names this object."""
        raise NotImplementedError

    def _experiment_id(self) -> str:
        """Return the id of the experiment that a checkpoint of this object belongs to."""
        raise NotImplementedError


def _key(epoch: int | None, step: int | None) -> dict[str, Any]:
    match epoch, step:
        case None, None:
            raise InvalidFieldError.of("epoch", "is missing; give the epoch or the step")
        case _, None:
            return {"epoch": check_step(epoch, field="epoch")}
        case None, _:
            return {"step": check_step(step)}
        case _:
            raise InvalidFieldError.of("step", "a checkpoint has an epoch or a step, not both")
