"""Models and model versions: what they are, and what can be done with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from modelbox.enums import MLFramework
from modelbox.errors import InvalidFieldError, NotFoundError
from modelbox.fields import check_id, check_labels, check_text, is_id
from modelbox.keyed import KeyedObject, Keys
from modelbox.listed import Listed
from modelbox.logged_object import id_of
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, OrderBy, StoredObject, selection
from modelbox.other_words import takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.transfer.files import Files, wire_file
from modelbox.transfer.tracking import told_to_track
from modelbox.transport import methods
from modelbox.values import Labels, OnProgress
from modelbox.wire import framework_of

if TYPE_CHECKING:
    from modelbox.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ModelVersion(KeyedObject):
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
        # Runs know the versions that their checkpoints become.
        from modelbox.runs import RUNS  # noqa: PLC0415  # see above

        return RUNS.read(self._session, pb.GetRunRequest(id=self.run_id)) if self.run_id else None

    def set_unique_tag(self, tag: str) -> str:
        """Give this version a unique tag, taking it from the one that holds it.

        While this version is deleted nobody holds its tags; restored, it has those that were set nowhere else since.

        Returns:
            The id of the model version that it was set on before; empty if there is none.

        Raises:
            ObjectDeletedError: This version is deleted.
        """
        request = pb.SetUniqueTagRequest(model_version=self.id, tag=check_text("tag", tag))
        held_before = ask(self._session, methods.SET_UNIQUE_TAG, request).from_model_version
        self._become(unique_tags=tuple(sorted({*self.unique_tags, request.tag})))
        return held_before

    def remove_unique_tag(self, tag: str) -> None:
        """Take a unique tag away from this version.

        Raises:
            NotFoundError: This version does not hold it.
        """
        request = pb.RemoveUniqueTagRequest(model_version=self.id, tag=check_text("tag", tag))
        ask(self._session, methods.REMOVE_UNIQUE_TAG, request)
        self._become(unique_tags=tuple(one for one in self.unique_tags if one != request.tag))


MODEL_VERSIONS: Final = Kind(
    ModelVersion,
    pb.ModelVersion,
    get=methods.GET_MODEL_VERSION,
    list=methods.LIST_MODEL_VERSIONS,
    readers={
        "framework": framework_of,
        "unique_tags": lambda version: tuple(sorted(set(version.unique_tags))),
        "_keys": Keys,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Model(StoredObject):
    """A model: what all versions of it have in common."""

    name: str
    owner: str = field(hash=False)
    task: str = field(hash=False)
    description: str = field(hash=False)

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
            run_id=id_of("run", run),
        )
        response = ask(self._session, methods.CREATE_MODEL_VERSION, request)
        # Read, for what was left out is filled in by the server: the experiment of the run, say.
        created = pb.GetModelVersionRequest(id=response.model_version)
        return MODEL_VERSIONS.read(self._session, created, exists=response.exists, given=request)

    @takes()
    def model_versions(
        self,
        filter: str = "",  # noqa: A002  # the word of every list
        *,
        order_by: OrderBy = "",
        include_deleted: bool = False,
        all_keys: bool = False,
        limit: int | None = None,
    ) -> Listed[ModelVersion]:
        """Return the versions, newest first; see `ModelBox.experiments` for the arguments."""
        selected = selection(filter=filter, order_by=order_by, include_deleted=include_deleted, all_keys=all_keys)
        request = pb.ListModelVersionsRequest(model=self.id, **selected)
        return MODEL_VERSIONS.read_all(self._session, request, limit=limit)

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


@dataclass(frozen=True, slots=True)
class NewModel:
    """A model that is created when it is needed, or found if there is one of its name in the namespace."""

    name: str
    owner: str = ""
    namespace: str = ""

    def request(self, session: Session) -> pb.CreateModelRequest:
        """Return the request that creates it.

        Raises:
            InvalidFieldError: A part of it is no text that can be sent.
        """
        name, owner = check_text("name", self.name), check_text("owner", self.owner)
        return pb.CreateModelRequest(name=name, owner=owner, namespace=session.within(self.namespace))


MODELS: Final = Kind(Model, pb.Model, get=methods.GET_MODEL, list=methods.LIST_MODELS)


class ModelCalls:
    """What a client does with models."""

    _session: Session

    @takes()
    def new_model(
        self,
        name: str,
        owner: str = "",
        namespace: str = "",
        task: str = "",
        description: str = "",
        *,
        artifacts: Files = (),
        metadata: Mapping[str, Any] | None = None,
        labels: Labels | None = None,
    ) -> Model:
        """Create a model. One that exists already in the namespace is returned as it is, with `exists` set.

        Args:
            name: Unique in the namespace.
            namespace: The client's own, unless given.
            task: What the model is for, such as "asr".
            artifacts: Files to track: their paths are recorded, their bytes are not sent, which is warned about;
                `upload_artifact` sends them.
            metadata: A JSON value for each key.
            labels: A text, number or bool for each name.

        Raises:
            InvalidFieldError: An argument breaks a rule.
        """
        request = pb.CreateModelRequest(
            name=check_text("name", name),
            owner=check_text("owner", owner),
            namespace=self._session.within(namespace),
            task=check_text("task", task),
            description=check_text("description", description),
            files=[wire_file(file) for file in told_to_track(artifacts)],
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
            labels=check_labels(labels),
        )
        response = ask(self._session, methods.CREATE_MODEL, request)
        if response.exists:
            return MODELS.read(self._session, pb.GetModelRequest(id=response.id), given=request)
        created = pb.Model(
            id=response.id,
            name=request.name,
            owner=request.owner,
            namespace=request.namespace,
            task=request.task,
            description=request.description,
            labels=request.labels,
            created_at=response.created_at,
            updated_at=response.updated_at,
        )
        return MODELS.of(self._session, created, exists=False)

    def model(self, id: str = "", *, namespace: str = "", name: str = "") -> Model:  # noqa: A002  # its published name
        """Return one model, by its id or by its name.

        Args:
            id: The id, or the name: what is no UUID is a name.
            namespace: The namespace of the name; the client's own, unless given.
            name: The name in place of the first argument.

        Raises:
            NotFoundError: There is none.
            InvalidFieldError: Neither an id nor a name was given, or both were.
        """
        request = pb.GetModelRequest(**key_of(self._session, id, namespace=namespace, name=name))
        return MODELS.read(self._session, request)

    @takes()
    def models(
        self,
        namespace: str = "",
        *,
        filter: str = "",  # noqa: A002  # the word of every list
        order_by: OrderBy = "",
        recursive: bool = False,
        include_deleted: bool = False,
        limit: int | None = None,
    ) -> Listed[Model]:
        """Return the models of a namespace, newest first; see `experiments` for the arguments."""
        selected = selection(filter=filter, order_by=order_by, include_deleted=include_deleted, recursive=recursive)
        request = pb.ListModelsRequest(namespace=self._session.within(namespace), **selected)
        return MODELS.read_all(self._session, request, limit=limit)

    @takes()
    def model_version(
        self,
        id: str,  # noqa: A002  # as `model`
        version: str | int = "",
        *,
        tag: str = "",
        namespace: str = "",
    ) -> ModelVersion:
        """Return one model version: by its id, or by its model with its version or unique tag.

        Args:
            id: The version's id; with a version or tag, the model's id or name.
            version: Its version in the model.
            tag: A unique tag that it holds, such as "production".
            namespace: The namespace of the model's name; the client's own, unless given.

        Raises:
            NotFoundError: There is none.
        """
        if tag or version != "":
            return self.model(id, namespace=namespace).model_version(version, tag=tag)
        wanted = check_id(
            "id", id, instead='a model is named beside its version or tag: model_version("m", tag="best")'
        )
        return MODEL_VERSIONS.read(self._session, pb.GetModelVersionRequest(id=wanted))

    def download_model(
        self,
        name: str,
        destination: str | PathLike[str] = ".",
        *,
        namespace: str = "",
        version: str | int = "",
        tag: str = "",
        path: str = "",
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> list[Path]:
        """Download the files of a model's version with this number or unique tag; of the model itself without either.

        Args:
            name: The model's.
            destination: The folder, made if it is missing.
            namespace: The model's; the client's own, unless given.
            version: The version's number.
            tag: Or a unique tag that it holds.
            path: Only the file with this path in the version, or those in this folder of it.
            overwrite: Replace files that are there and differ.
            on_progress: Called after each piece, for one file at a time; from other threads.

        Returns:
            Where the files are; see `Model.download_artifacts`, also for what it raises.
        """
        model = self.model(namespace=namespace, name=name)
        of = model.model_version(version, tag=tag) if version != "" or tag else model
        return of.download_artifacts(destination, path=path, overwrite=overwrite, on_progress=on_progress)


def key_of(session: Session, which: str, *, namespace: str, name: str) -> dict[str, str]:
    """Return the fields of a request that names an object by its id, or by its name and namespace.

    Args:
        session: Whose own namespace counts where none is given.
        which: The id or the name: what is no UUID is a name.
        namespace: Where the name is looked for.
        name: A name that looks like a UUID, or any other.

    Raises:
        InvalidFieldError: It names neither, or both.
    """
    if bool(which) == bool(name):
        raise InvalidFieldError.of(
            "id", "give either an id or a name, as the first argument; a name with its namespace"
        )
    if which and not is_id(check_text("id", which)):
        which, name = "", which
    if which and namespace:
        raise InvalidFieldError.of("namespace", "an id needs no namespace; leave it out, or give a name in place of it")
    return {"id": which} if which else {"namespace": session.within(namespace), "name": check_text("name", name)}


def version_text(version: str | int) -> str:
    """Return a version as the wire has it: a whole number as its digits."""
    return check_text("version", str(version) if type(version) is int else version)


def tags_of(tags: Iterable[str]) -> list[str]:
    """Return unique tags as the wire has them."""
    # A string is an iterable of strings too, and "production" must not become ten tags.
    if isinstance(tags, str):
        return [check_text("unique_tags", tags)]
    return [check_text(f"unique_tags[{index}]", tag) for index, tag in enumerate(tags)]
