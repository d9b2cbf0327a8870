"""Model versions: what they are, and what can be done with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Unpack

from modelbox.enums import MLFramework
from modelbox.errors import InvalidFieldError, NotFoundError
from modelbox.fields import check_labels, check_text
from modelbox.keyed import KeyedObject, Keys
from modelbox.kinds.dataset import UsesDatasets
from modelbox.listed import Listed
from modelbox.logged_object import asked_id_of
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, StoredObject, kind_named
from modelbox.other_words import takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sections import files_of, hyperparameters_of, latest_of, lineage_of, metrics_of
from modelbox.selection import Filter, KeyedListFields
from modelbox.sending import ask
from modelbox.shown import Facts, Section
from modelbox.transfer.files import Files, wire_file
from modelbox.transfer.tracking import told_to_track
from modelbox.transport.methods import LIST_MODEL_VERSIONS, Method
from modelbox.values import Labels
from modelbox.wire import framework_of

if TYPE_CHECKING:
    from modelbox.kinds.run import Run


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModelVersion(KeyedObject, UsesDatasets):
    """A version of a model.

    `experiment_id`, `run_id` and `checkpoint_id` say what it was made from; each is empty unless it is known.
    `metric_summaries` and `params` are its metrics in short and its hyperparameters, as they were when it was read.
    """

    model_id: str
    name: str
    version: str
    description: str = field(hash=False)
    framework: MLFramework
    unique_tags: tuple[str, ...] = field(hash=False)
    experiment_id: str
    run_id: str
    checkpoint_id: str

    def run(self) -> "Run | None":
        """Return the run that made this version, None if none is known."""
        if not self.run_id:
            return None
        run: Run = kind_named("run").read_id(self._session, self.run_id)
        return run

    def set_unique_tag(self, tag: str) -> str:
        """Give this version a unique tag, taking it from the one that holds it.

        While this version is deleted nobody holds its tags; restored, it has those that were set nowhere else since.

        Returns:
            The id of the model version that it was set on before; empty if there is none.

        Raises:
            ObjectDeletedError: This version is deleted.
        """
        request = pb.SetUniqueTagRequest(model_version=self.id, tag=check_text("tag", tag))
        held_before = ask(self._session, SET_UNIQUE_TAG, request).from_model_version
        self._become(unique_tags=tuple(sorted({*self.unique_tags, request.tag})))
        return held_before

    def remove_unique_tag(self, tag: str) -> None:
        """Take a unique tag away from this version.

        Raises:
            NotFoundError: This version does not hold it.
        """
        request = pb.RemoveUniqueTagRequest(model_version=self.id, tag=check_text("tag", tag))
        ask(self._session, REMOVE_UNIQUE_TAG, request)
        self._become(unique_tags=tuple(one for one in self.unique_tags if one != request.tag))

    def _sections(self) -> Iterable[Section]:
        yield hyperparameters_of(self)
        yield metrics_of(self)
        if (run := self.run()) is not None:
            about = run._facts()  # noqa: SLF001  # of an object like this one
            yield Section(f"run {run.name}", Facts({**about, "metrics": latest_of(run)}))
            yield hyperparameters_of(run, title="hyperparameters of its run")
            yield metrics_of(run, title="metrics of its run")
        yield lineage_of(self)
        yield files_of(self)
        yield Section("metadata", Facts(self.metadata()), is_open=False)


CREATE_MODEL_VERSION: Final = Method(
    "CreateModelVersion", pb.CreateModelVersionRequest, pb.CreateModelVersionResponse, writes=True
)
SET_UNIQUE_TAG: Final = Method("SetUniqueTag", pb.SetUniqueTagRequest, pb.SetUniqueTagResponse, writes=True)
REMOVE_UNIQUE_TAG: Final = Method("RemoveUniqueTag", pb.RemoveUniqueTagRequest, pb.RemoveUniqueTagResponse, writes=True)
MODEL_VERSIONS: Final = Kind(
    "model_version",
    ModelVersion,
    pb.ModelVersion,
    get=Method("GetModelVersion", pb.GetModelVersionRequest, pb.GetModelVersionResponse),
    list=LIST_MODEL_VERSIONS,
    readers={
        "framework": framework_of,
        "unique_tags": lambda version: tuple(sorted(set(version.unique_tags))),
        "_keys": Keys,
    },
    part_of="model",
    place=6,
)


class HasModelVersions(UsesDatasets):
    """An object that has versions: a model."""

    __slots__ = ()

    @takes()
    def new_model_version(
        self,
        version: str | int = "",
        name: str = "",
        description: str = "",
        artifacts: Files = (),
        *,
        metadata: Mapping[str, Any] | None = None,
        unique_tags: Iterable[str] = (),
        framework: MLFramework | str = MLFramework.UNKNOWN,
        move_tags: bool = False,
        labels: Labels | None = None,
        run: StoredObject | str = "",
    ) -> ModelVersion:
        """Create a version of this model. A version that exists already is returned as it is, with `exists` set.

        Args:
            version: Unique in the model; the next whole number, unless given.
            name: The model's name, unless given.
            artifacts: Files to track: their paths are recorded, their bytes are not sent, which is warned about;
                `upload_artifact` sends them.
            metadata: A JSON value for each key.
            unique_tags: Tags that at most one version of the model has, such as "production".
            move_tags: Take the tags from the versions that hold them.
            labels: A text, number or bool for each name.
            run: The run that made it, or its id; `copy_artifacts(run)` then has the run's files in the version too.

        Raises:
            UniqueTagTakenError: Another version holds one of the tags.
            InvalidFieldError: An argument breaks a rule.
        """
        request = pb.CreateModelVersionRequest(
            model=self.id,
            name=check_text("name", name),
            version=version_text(version),
            description=check_text("description", description),
            files=[wire_file(file) for file in told_to_track(artifacts)],
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
            framework=MLFramework.parse(framework, field="framework").name,
            unique_tags=tags_of(unique_tags),
            move_tags=move_tags,
            labels=check_labels(labels),
            run_id=asked_id_of("run", run, named_by="run") if run else "",
        )
        response = ask(self._session, CREATE_MODEL_VERSION, request)
        # Read, for what was left out is filled in by the server: the experiment of the run, say.
        created = pb.GetModelVersionRequest(id=response.model_version)
        return MODEL_VERSIONS.read(self._session, created, exists=response.exists, given=request)

    @takes()
    def model_versions(self, filter: Filter = "", **which: Unpack[KeyedListFields]) -> Listed[ModelVersion]:  # noqa: A002
        """Return the versions, newest first."""
        return MODEL_VERSIONS.listed(self._session, {"filter": filter, **which}, {"model": self.id})

    @takes()
    def model_version(self, version: str | int = "", *, tag: str = "") -> ModelVersion:
        """Return the version with this number or with this unique tag.

        Raises:
            NotFoundError: There is none.
            InvalidFieldError: Neither or both were given.
        """
        if bool(tag) == (version != ""):
            raise InvalidFieldError.of("version", "give either a version or a unique tag")
        request = pb.GetModelVersionRequest(
            model=self.id, version=version_text(version), unique_tag=check_text("tag", tag)
        )
        try:
            return MODEL_VERSIONS.read(self._session, request)
        except NotFoundError:
            if tag or not self.model_versions(filter=_tagged(request.version), limit=1):
                raise
            problem = f"there is no version {request.version[:80]!r}, but a unique tag; give it as tag="
            raise NotFoundError(f"version: {problem}", field="version") from None


def _tagged(tag: str) -> str:
    """Return the filter of model versions that hold a unique tag."""
    quoted = tag.replace("'", "''")
    return f"tags = '{quoted}'"


def version_text(version: str | int) -> str:
    """Return a version as the wire has it: a whole number as its digits."""
    return check_text("version", str(version) if type(version) is int else version)


def tags_of(tags: Iterable[str]) -> list[str]:
    """Return unique tags as the wire has them."""
    # A string is an iterable of strings too, and "production" must not become ten tags.
    if isinstance(tags, str):
        return [check_text("unique_tags", tags)]
    return [check_text(f"unique_tags[{index}]", tag) for index, tag in enumerate(tags)]
