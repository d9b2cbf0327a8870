"""The client's values as rows to print, each with all its fields."""

from modelbox.artifacts import Artifact
from modelbox.cli.output import Row
from modelbox.models import Model, ModelVersion
from modelbox.values import Change, Namespace


def model_row(model: Model) -> Row:
    """Return a model's fields."""
    return {
        "id": model.id,
        "namespace": model.namespace,
        "name": model.name,
        "owner": model.owner,
        "task": model.task,
        "description": model.description,
        "created_at": model.created_at,
        "updated_at": model.updated_at,
    }


def model_version_row(version: ModelVersion) -> Row:
    """Return a model version's fields."""
    return {
        "id": version.id,
        "model_id": version.model_id,
        "namespace": version.namespace,
        "name": version.name,
        "version": version.version,
        "unique_tags": version.unique_tags,
        "framework": version.framework.name,
        "description": version.description,
        "created_at": version.created_at,
        "updated_at": version.updated_at,
    }


def artifact_row(artifact: Artifact) -> Row:
    """Return an artifact's fields."""
    return {
        "id": artifact.id,
        "parent": artifact.parent,
        "path": artifact.path,
        "mime_type": artifact.mime_type.name,
        "uploaded": artifact.uploaded,
        "size": artifact.size,
        "checksum": artifact.checksum,
        "sha256": artifact.sha256,
        "created_at": artifact.created_at,
    }


def namespace_row(namespace: Namespace) -> Row:
    """Return a namespace's fields."""
    return {
        "name": namespace.name,
        "models": namespace.models,
        "created_at": namespace.created_at,
        "updated_at": namespace.updated_at,
    }


def change_row(change: Change) -> Row:
    """Return a change's fields."""
    return {
        "position": change.position,
        "recorded_at": change.recorded_at,
        "kind": change.kind.value,
        "type": change.type,
        "object_type": change.object_type,
        "object_id": change.object_id,
        "token": change.token,
        "payload": change.payload,
    }
