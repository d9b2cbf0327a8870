"""Model versions: created in their model's stream, with unique tags that move between them."""

from collections.abc import Iterable

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.methods.model_version.creating import CreatingMethods
from modelbox_gateway.rpc.methods.model_version.unique_tags import UniqueTagMethods
from modelbox_gateway.rpc.methods.model_version.versions import ModelVersionMethods


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on model versions."""
    creating, versions, tags = CreatingMethods(backend), ModelVersionMethods(backend), UniqueTagMethods(backend)
    return (
        unary("CreateModelVersion", pb.CreateModelVersionRequest, creating.create_model_version),
        unary("PromoteCheckpoint", pb.PromoteCheckpointRequest, creating.promote_checkpoint),
        unary("GetModelVersion", pb.GetModelVersionRequest, versions.get_model_version),
        unary("ListModelVersions", pb.ListModelVersionsRequest, versions.list_model_versions),
        unary("SetUniqueTag", pb.SetUniqueTagRequest, tags.set_unique_tag),
        unary("RemoveUniqueTag", pb.RemoveUniqueTagRequest, tags.remove_unique_tag),
    )
