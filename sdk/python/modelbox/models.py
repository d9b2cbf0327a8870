"""Models and model versions: what they are, and what can be done with them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from modelbox.enums import MLFramework
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_text
from modelbox.logged_object import LoggedObject
from modelbox.metadata import encode_metadata
from modelbox.proto import modelstore_pb2 as pb
from modelbox.session import Session
from modelbox.transfer.files import Files, files_to_track, wire_file
from modelbox.transport import methods
from modelbox.wire import all_pages, time_of


@dataclass(frozen=True, slots=True)
class ModelVersion(LoggedObject):
    """A version of a model, as it was when it was read; `Model.model_version` reads it again.

    `exists` is true where `new_model_version` found it instead of creating it.
    """

    id: str
    model_id: str
    namespace: str
    name: str
    version: str
    description: str
    framework: MLFramework
    unique_tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    exists: bool = field(compare=False)
    _session: Session = field(repr=False, compare=False)

    def set_unique_tag(self, tag: str) -> str:
        """Give this version a unique tag, taking it from the one that holds it.

        Returns:
            The id of the model version that held it before; empty if none did.
        """
        request = pb.SetUniqueTagRequest(model_version=self.id, tag=check_text("tag", tag))
        return self._session.connection.call(methods.SET_UNIQUE_TAG, request).from_model_version

    def remove_unique_tag(self, tag: str) -> None:
        """Take a unique tag away from this version.

        Raises:
            NotFoundError: This version does not hold it.
        """
        request = pb.RemoveUniqueTagRequest(model_version=self.id, tag=check_text("tag", tag))
        self._session.connection.call(methods.REMOVE_UNIQUE_TAG, request)


@dataclass(frozen=True, slots=True)
class Model(LoggedObject):
    """A model, as it was when it was read; `ModelBox.model` reads it again.

    `exists` is true where `new_model` found it instead of creating it.
    """

    id: str
    name: str
    owner: str
    namespace: str
    task: str
    description: str
    created_at: datetime
    updated_at: datetime
    exists: bool = field(compare=False)
    _session: Session = field(repr=False, compare=False)

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
    ) -> ModelVersion:
        """Create a version of this model. A version that exists already is returned as it is, with `exists` set.

        Args:
            version: Unique in the model; the next whole number, unless given.
            name: The model's name, unless given.
            artifacts: Files to track; they are not uploaded.
            metadata: A JSON value for each key.
            unique_tags: Tags that at most one version of the model has, such as "production".
            move_tags: Take the tags from the versions that hold them.

        Raises:
            UniqueTagTakenError: Another version holds one of the tags.
            InvalidFieldError: An argument breaks a rule.
        """
        request = pb.CreateModelVersionRequest(
            model=self.id,
            name=check_text("name", name),
            version=check_text("version", str(version) if type(version) is int else version),
            description=check_text("description", description),
            files=[wire_file(file) for file in files_to_track(artifacts)],
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
            framework=MLFramework.parse(framework, field="framework").name,
            unique_tags=_tags(unique_tags),
            move_tags=move_tags,
        )
        response = self._session.connection.call(methods.CREATE_MODEL_VERSION, request)
        if response.exists:
            return self._read_version(pb.GetModelVersionRequest(id=response.model_version))
        created = pb.ModelVersion(
            id=response.model_version,
            model_id=self.id,
            namespace=self.namespace,
            name=response.name,
            version=response.version,
            description=request.description,
            framework=request.framework,
            unique_tags=request.unique_tags,
            created_at=response.created_at,
            updated_at=response.updated_at,
        )
        return model_version_of(self._session, created, exists=False)

    def model_versions(self, *, limit: int | None = None) -> list[ModelVersion]:
        """Return the versions, newest first; all of them unless a limit is given."""

        def read(token: str, size: int) -> tuple[Iterable[pb.ModelVersion], str]:
            request = pb.ListModelVersionsRequest(model=self.id, page_size=size, page_token=token)
            response = self._session.connection.call(methods.LIST_MODEL_VERSIONS, request)
            return response.models, response.next_page_token

        return [model_version_of(self._session, item) for item in all_pages(read, limit=limit)]

    def model_version(self, version: str | int = "", *, tag: str = "") -> ModelVersion:
        """Return the version with this number or with this unique tag.

        Raises:
            NotFoundError: There is none.
            InvalidFieldError: Neither or both were given.
        """
        if bool(tag) == (version != ""):
            raise InvalidFieldError.of("version", "give either a version or a unique tag")
        text = check_text("version", str(version) if type(version) is int else version)
        request = pb.GetModelVersionRequest(model=self.id, version=text, unique_tag=check_text("tag", tag))
        return self._read_version(request)

    def _read_version(self, request: pb.GetModelVersionRequest) -> ModelVersion:
        response = self._session.connection.call(methods.GET_MODEL_VERSION, request)
        return model_version_of(self._session, response.model_version)


def model_of(session: Session, model: pb.Model, *, exists: bool = True) -> Model:
    """Return the model that the wire describes."""
    return Model(
        id=model.id,
        name=model.name,
        owner=model.owner,
        namespace=model.namespace,
        task=model.task,
        description=model.description,
        created_at=time_of(model.created_at),
        updated_at=time_of(model.updated_at),
        exists=exists,
        _session=session,
    )


def model_version_of(session: Session, version: pb.ModelVersion, *, exists: bool = True) -> ModelVersion:
    """Return the model version that the wire describes."""
    return ModelVersion(
        id=version.id,
        model_id=version.model_id,
        namespace=version.namespace,
        name=version.name,
        version=version.version,
        description=version.description,
        framework=MLFramework(version.framework),
        unique_tags=tuple(sorted(set(version.unique_tags))),
        created_at=time_of(version.created_at),
        updated_at=time_of(version.updated_at),
        exists=exists,
        _session=session,
    )


def _tags(tags: Iterable[str]) -> list[str]:
    # A string is an iterable of strings too, and "production" must not become ten tags.
    if isinstance(tags, str):
        return [check_text("unique_tags", tags)]
    return [check_text(f"unique_tags[{index}]", tag) for index, tag in enumerate(tags)]
