"""Training checkpoints: of an experiment or a run, by epoch or step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Unpack

from modelbox.client_calls import ClientCalls
from modelbox.delivery.held import Held
from modelbox.delivery.keeping import keeping
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_id, check_labels, check_number, check_step, check_text
from modelbox.ids import model_id as known_model_id
from modelbox.ids import object_id
from modelbox.journal.record import Record
from modelbox.kinds.dataset import UsesDatasets
from modelbox.kinds.model import CREATE_MODEL, Model, NewModel
from modelbox.kinds.model_version import MODEL_VERSIONS, ModelVersion, tags_of, version_text
from modelbox.listed import Listed
from modelbox.logged_object import asked_id_of
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, StoredObject, times_of
from modelbox.other_words import CHECKPOINT_WORDS, knows, takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sections import ROWS_MAX, files_of
from modelbox.selection import Filter, ListFields
from modelbox.sending import ask, create, deliver, not_done
from modelbox.shown import Facts, Section, Table, pairs
from modelbox.transfer.files import File, Files, files_to_track, files_to_upload, wire_file
from modelbox.transfer.tracking import told_to_track
from modelbox.transport import methods
from modelbox.values import Labels, LocalFile

UPLOADED_FILES: Final = "uploaded_files"
"""The metadata key of a checkpoint whose files have all arrived: how many there are."""

UPLOADED_AS: Final = "uploaded_as"
"""The metadata key that says what the artifact is called that was saved last; of a folder, its files begin with it."""


@knows(CHECKPOINT_WORDS)
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Checkpoint(StoredObject, UsesDatasets):
    """A training checkpoint, keyed by its epoch or by its step; the other is None.

    `run_id` is empty for one that belongs to the experiment itself. `metric_values` are the metrics it was created
    with; `metrics` has them as points.
    """

    experiment_id: str
    run_id: str
    epoch: int | None
    step: int | None
    metric_values: Mapping[str, float] = field(repr=False, compare=False)

    @takes()
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
        labels: Labels | None = None,
    ) -> ModelVersion:
        """Make a version of a model of this checkpoint: with its files, metrics and metadata, in one change.

        Args:
            model: The model or its id.
            version: Unique in the model; the next whole number, unless given.
            name: The model's name, unless given.
            unique_tags: Tags that at most one version of the model has, such as "production".
            move_tags: Take the tags from the versions that hold them.
            metadata: A JSON value for each key, beside those of the checkpoint.
            labels: A text, number or bool for each name.

        Raises:
            UniqueTagTakenError: Another version holds one of the tags.
            NotFoundError: There is no such model.
            UnavailableError: The server is away, or did not take in time what was logged of the checkpoint.
        """
        request = pb.PromoteCheckpointRequest(
            checkpoint_id=self.id,
            model=asked_id_of("model", model, named_by="model"),
            version=version_text(version),
            name=check_text("name", name),
            description=check_text("description", description),
            unique_tags=tags_of(unique_tags),
            move_tags=move_tags,
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
            labels=check_labels(labels),
        )
        with not_done("checkpoint not promoted", remedy="promote it again later"):
            # The version has the files that the checkpoint has then.
            self._session.settle_files()
        response = ask(self._session, methods.PROMOTE_CHECKPOINT, request)
        promoted = pb.GetModelVersionRequest(id=response.model_version)
        return MODEL_VERSIONS.read(self._session, promoted, exists=response.exists, given=request)

    def _sections(self) -> Iterable[Section]:
        yield Section("metrics", Facts(self.metric_values))
        yield files_of(self)


CHECKPOINTS: Final = Kind(
    "checkpoint",
    Checkpoint,
    pb.Checkpoint,
    get=methods.GET_CHECKPOINT,
    list=methods.LIST_CHECKPOINTS,
    readers={
        "epoch": lambda checkpoint: None if checkpoint.HasField("step") else checkpoint.epoch,
        "step": lambda checkpoint: checkpoint.step if checkpoint.HasField("step") else None,
        "metric_values": lambda checkpoint: dict(checkpoint.doubles),
    },
    place=3,
)


class HasCheckpoints(UsesDatasets):
    """An object that checkpoints are taken of: an experiment or a run."""

    __slots__ = ()

    namespace: str

    @takes()
    def new_checkpoint(
        self,
        epoch: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        *,
        step: int | None = None,
        artifacts: Files = (),
        metadata: Mapping[str, Any] | None = None,
        labels: Labels | None = None,
    ) -> Checkpoint:
        """Create a checkpoint. One of this epoch or step that exists already is returned as it is, with `exists` set.

        While the server is away it is created later, and returned as it was given.

        Args:
            epoch: The epoch that it was taken after, from 0.
            metrics: A number for each key.
            step: Instead of the epoch, the step that it was taken at, from 0.
            artifacts: Files to track: their paths are recorded, their bytes are not sent, which is warned about;
                `Checkpoint.upload_artifact` sends them.
            metadata: A JSON value for each key.
            labels: A text, number or bool for each name.

        Raises:
            InvalidFieldError: Neither an epoch nor a step was given, or both, or an argument breaks a rule.
        """
        request = self._request_of(epoch, metrics, step=step, artifacts=artifacts, metadata=metadata, labels=labels)
        response = create(self._session, methods.CREATE_CHECKPOINT, request)
        if response is not None and response.exists:
            return CHECKPOINTS.read_id(self._session, response.checkpoint_id)
        created = pb.Checkpoint(
            id=self.checkpoint_id(epoch, step=step),
            namespace=self.namespace,
            experiment_id=self._experiment_id(),
            run_id=request.run_id,
            doubles=request.doubles,
            labels=request.labels,
            **_key(epoch, step),
            **times_of(response),
        )
        return CHECKPOINTS.of(self._session, created, exists=False)

    def keep_checkpoint(
        self,
        epoch: int | None = None,
        metrics: Mapping[str, Any] | None = None,
        *,
        step: int | None = None,
        artifacts: Files = (),
        metadata: Mapping[str, Any] | None = None,
        files: File | None = None,
        replaces: bool = False,
    ) -> Held | None:
        """Create a checkpoint as `new_checkpoint` does, and have files uploaded to it; returns at once.

        Of the server nobody hears here: while it is away, everything waits, also beyond this process's end. The files
        are held meanwhile, so that they may be removed or replaced. Metadata `uploaded_files` and `uploaded_as` say
        that all of them have arrived; then they are let go.

        Args:
            artifacts: Files to track.
            files: A file or a folder to upload, labelled with its name unless a label is given.
            replaces: Upload them although the checkpoint has others; otherwise one that is whole stays as it is.

        Returns:
            The held files, if there are any and they wait.

        Raises:
            InvalidFieldError: An argument breaks a rule, or the files cannot be named as they are.
            OSError: The files cannot be read.
        """
        request = self._request_of(epoch, metrics, step=step, artifacts=(), metadata=metadata)
        checkpoint_id = self.checkpoint_id(epoch, step=step)
        tracked = [wire_file(file, parent_id=checkpoint_id) for file in files_to_track(artifacts)]
        local = None if files is None else files if isinstance(files, LocalFile) else LocalFile(files)
        held = None if local is None else self._session.held.hold(Path(local.path), self.id)
        is_waiting = False
        try:
            record = None if held is None or local is None else self._keeping(held, local, request, replaces=replaces)
            # First, for the record of the files makes the checkpoint too: whenever the process is killed, there is none
            # whose files nobody knows of.
            is_waiting = record is not None and self._session.deliver_files(record)
            deliver(self._session, methods.CREATE_CHECKPOINT, request)
            if tracked:
                # By themselves: the checkpoint may be there already, with others.
                deliver(self._session, methods.TRACK_ARTIFACTS, pb.TrackArtifactsRequest(files=tracked))
        finally:
            if held is not None and not is_waiting:
                held.release()
        return held if is_waiting else None

    def keep_promotion(
        self,
        epoch: int | None = None,
        *,
        step: int | None = None,
        model: Model | NewModel,
        unique_tags: Iterable[str] = (),
        after_files: bool = True,
        waits: bool = False,
    ) -> ModelVersion | None:
        """Have a model version made of a checkpoint, after the files that were kept of it before; it takes the tags.

        While the server is away, it waits behind them, also beyond this process's end.

        Args:
            after_files: Whether files were kept of it; else it is made after all that was logged before.
            waits: Whether to wait for the answer while there is hope of one.

        Returns:
            The model version; None if it is made later.

        Raises:
            ModelBoxError: The server refused; without `waits` that is told by the next flush.
        """
        session = self._session
        if isinstance(model, NewModel):
            request = model.request(session)
            session.call_in_order(CREATE_MODEL, request, after_files=after_files, waits=False)
            model_id = known_model_id(request.namespace, request.name)
        else:
            model_id = model.id
        promotion = pb.PromoteCheckpointRequest(
            checkpoint_id=self.checkpoint_id(epoch, step=step),
            model=model_id,
            unique_tags=tags_of(unique_tags),
            move_tags=True,
        )
        response = session.call_in_order(methods.PROMOTE_CHECKPOINT, promotion, after_files=after_files, waits=waits)
        if response is None:
            return None
        read = pb.GetModelVersionRequest(id=response.model_version)
        return MODEL_VERSIONS.read(session, read, exists=response.exists)

    def checkpoint_id(self, epoch: int | None = None, *, step: int | None = None) -> str:
        """Return the id that the checkpoint of an epoch or step has, or will have."""
        [(unit, number)] = _key(epoch, step).items()
        return object_id("checkpoint", self.id, unit, str(number))

    def checkpoint(self, epoch: int | None = None, *, step: int | None = None) -> Checkpoint:
        """Return the checkpoint of an epoch or step.

        Raises:
            NotFoundError: There is none.
        """
        request = pb.GetCheckpointRequest(**self._checkpoint_parent(), **_key(epoch, step))
        return CHECKPOINTS.read(self._session, request)

    def last_checkpoint(self) -> Checkpoint | None:
        """Return the newest checkpoint all of whose files have arrived, to go on from; None if there is none.

        It is one that `keep_checkpoint` or an integration kept; what a process of this machine left is sent first.
        """
        listed = self.checkpoints()
        for checkpoint in sorted(listed, key=lambda one: (one.step or 0, one.epoch or 0, one.created_at), reverse=True):
            if UPLOADED_FILES in checkpoint.metadata():
                return checkpoint
        return None

    @takes()
    def checkpoints(self, filter: Filter = "", **which: Unpack[ListFields]) -> Listed[Checkpoint]:  # noqa: A002
        """Return the checkpoints by epoch, then step; of an experiment those of its runs too."""
        return CHECKPOINTS.listed(self._session, {"filter": filter, **which}, self._checkpoint_parent())

    def _request_of(
        self,
        epoch: int | None,
        metrics: Mapping[str, Any] | None,
        *,
        step: int | None,
        artifacts: Files,
        metadata: Mapping[str, Any] | None,
        labels: Labels | None = None,
    ) -> pb.CreateCheckpointRequest:
        return pb.CreateCheckpointRequest(
            **self._checkpoint_parent(),
            **_key(epoch, step),
            files=[wire_file(file) for file in told_to_track(artifacts)],
            doubles={key: check_number(key, value) for key, value in (metrics or {}).items()},
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
            labels=check_labels(labels),
        )

    def _keeping(self, held: Held, file: LocalFile, request: pb.CreateCheckpointRequest, *, replaces: bool) -> Record:
        """Return the record of held files of the checkpoint that a request makes."""
        name = Path(file.path).name
        label = file.label or name
        local = files_to_upload(replace(file, path=held.files / name, label=label))
        step = request.step if request.HasField("step") else None
        checkpoint_id = self.checkpoint_id(None if step is not None else request.epoch, step=step)
        whole = {UPLOADED_AS: label, UPLOADED_FILES: len(local)}
        finish = pb.UpdateMetadataRequest(parent_id=checkpoint_id, metadata=pb.Metadata(json=encode_metadata(whole)))
        return keeping(
            checkpoint_id,
            held,
            local,
            create=request.SerializeToString(),
            finish=finish.SerializeToString(),
            replaces=replaces,
        )

    def _checkpoint_parent(self) -> dict[str, Any]:
        """Return the field of a request that names this object."""
        raise NotImplementedError

    def _experiment_id(self) -> str:
        """Return the id of the experiment that a checkpoint of this object belongs to."""
        raise NotImplementedError


class CheckpointCalls(ClientCalls):
    """What a client does with checkpoints; more is done by the run or experiment that they are taken of."""

    def checkpoint(self, id: str) -> Checkpoint:  # noqa: A002  # its name on the wire
        """Return one checkpoint by its id; `Run.checkpoint` and `Experiment.checkpoint` find one by its epoch or step.

        Raises:
            NotFoundError: There is none.
        """
        return CHECKPOINTS.read_id(self._session, check_id("id", id))


def checkpoints_section(of: HasCheckpoints) -> Section:
    """Return the checkpoints of an object in short."""
    rows = [(one.epoch, one.step, one.created_at, pairs(one.metric_values)) for one in of.checkpoints(limit=ROWS_MAX)]
    return Section("checkpoints", Table(("epoch", "step", "created", "metrics"), rows), is_open=False)


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
