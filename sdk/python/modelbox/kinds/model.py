"""Models: what all versions of one have in common, and how they are found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Final, Unpack

from modelbox.client_calls import ClientCalls
from modelbox.fields import check_id, check_labels, check_text
from modelbox.finding import key_of
from modelbox.ids import DEFAULT_NAMESPACE, model_id
from modelbox.kinds.model_version import MODEL_VERSIONS, HasModelVersions, ModelVersion
from modelbox.listed import Listed
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, StoredObject
from modelbox.other_words import MODEL_WORDS, knows, takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sections import ROWS_MAX, metrics_of
from modelbox.selection import NamespaceListFields, Where
from modelbox.sending import ask
from modelbox.session import Session
from modelbox.shown import Section, Table
from modelbox.transfer.files import Files, wire_file
from modelbox.transfer.tracking import told_to_track
from modelbox.transport.methods import Method
from modelbox.values import Labels, OnProgress


@knows(MODEL_WORDS)
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Model(StoredObject, HasModelVersions):
    """A model: what all versions of it have in common."""

    name: str
    owner: str = field(hash=False)
    task: str = field(hash=False)
    description: str = field(hash=False)

    def _sections(self) -> Iterable[Section]:
        columns = ("version", "tags", "framework", "created", "description")
        rows = [
            (version.version, version.unique_tags, version.framework.name, version.created_at, version.description)
            for version in self.model_versions(limit=ROWS_MAX)
        ]
        yield Section("versions", Table(columns, rows))
        yield metrics_of(self)


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


CREATE_MODEL: Final = Method(
    "CreateModel",
    pb.CreateModelRequest,
    pb.CreateModelResponse,
    writes=True,
    makes=lambda of: model_id(of.namespace or DEFAULT_NAMESPACE, of.name),
)
LIST_MODELS: Final = Method("ListModels", pb.ListModelsRequest, pb.ListModelsResponse)
GET_MODEL: Final = Method("GetModel", pb.GetModelRequest, pb.GetModelResponse)
MODELS: Final = Kind("model", Model, pb.Model, get=GET_MODEL, list=LIST_MODELS, place=5)


class ModelCalls(ClientCalls):
    """What a client does with models and their versions."""

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
        response = ask(self._session, CREATE_MODEL, request)
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
    def models(self, namespace: Where = "", **which: Unpack[NamespaceListFields]) -> Listed[Model]:
        """Return the models of a namespace, newest first.

        Raises:
            InvalidFieldError: The filter or order cannot be understood; the message says where.
        """
        return MODELS.listed(self._session, which, {"namespace": self._session.within(namespace)})

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
        return MODEL_VERSIONS.read_id(self._session, wanted)

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
