"""What happens to model versions and their unique tags. All of it is recorded in the model's stream."""

from typing import Any, ClassVar, Final
from uuid import UUID

from modelbox_events.event import ChangeEvent, Effect, Kind, Target
from modelbox_events.types.artifact import TrackedFile, UploadedFile
from modelbox_events.types.metrics import Double

MODEL_VERSION: Final[Kind] = "model_version"


def _with_origin(value: dict[str, Any]) -> dict[str, Any]:
    """Lift version 1 of `ModelVersionCreated`, which knew neither labels nor what the version was made from."""
    origin = dict.fromkeys(("experiment_id", "run_id", "checkpoint_id"))
    return {**value, **origin, "labels": {}, "uploaded": [], "metrics": {}, "step": 0}


def _with_names(value: dict[str, Any]) -> dict[str, Any]:
    """Lift version 1 of `UniqueTagMoved` and `UniqueTagRemoved`, which had ids alone."""
    return {**value, "model": "", "version": "", "version_name": ""}


class ModelVersionCreated(ChangeEvent, frozen=True, kw_only=True):
    """A model version was created; `version` is unique in the model, each unique tag belongs to it alone.

    The three ids say what it was made from, as far as that is known. Of a checkpoint that was promoted it has the
    uploaded files and the metrics, whose points are of `step`.
    """

    effect: ClassVar = Effect.CREATES
    target: ClassVar = Target(MODEL_VERSION, ("model_version_id",))
    upcasters: ClassVar = (_with_origin,)

    model_id: UUID
    model_version_id: UUID
    version: str
    name: str
    description: str
    framework: str
    unique_tags: list[str]
    labels: dict[str, str]
    metadata: dict[str, Any]
    files: list[TrackedFile]
    uploaded: list[UploadedFile]
    experiment_id: UUID | None
    run_id: UUID | None
    checkpoint_id: UUID | None
    metrics: dict[str, Double]
    step: int


class UniqueTagMoved(ChangeEvent, frozen=True, kw_only=True):
    """A unique tag now belongs to a model version; `from_model_version_id` had it before, if any.

    For who reads only this: the names of the model and of the version, and its number. Each is empty where it is not
    known, as in events of an earlier version.
    """

    target: ClassVar = Target(MODEL_VERSION, ("model_version_id",))
    upcasters: ClassVar = (_with_names,)

    model_id: UUID
    tag: str
    model_version_id: UUID
    from_model_version_id: UUID | None
    model: str = ""
    version: str = ""
    version_name: str = ""


class UniqueTagRemoved(ChangeEvent, frozen=True, kw_only=True):
    """A unique tag belongs to no model version any more; the names are as in `UniqueTagMoved`."""

    target: ClassVar = Target(MODEL_VERSION, ("model_version_id",))
    upcasters: ClassVar = (_with_names,)

    model_id: UUID
    tag: str
    model_version_id: UUID
    model: str = ""
    version: str = ""
    version_name: str = ""
