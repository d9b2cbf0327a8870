"""The published wire contract, written down once more by hand: no stubs of ours and no `.proto` of ours go into it.

Each message stands on a line, with its fields as `name=number:type`; `*` stands before a repeated field's type, and
`{type}` is a map from string. A type is a protobuf scalar, a message of this table, `Timestamp` or `Value`.
"""

from typing import Any, Final

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2, timestamp_pb2
from google.protobuf.message import Message

SERVICE: Final = "/modelbox.ModelStore/"

_MESSAGES: Final = """
FileMetadata id=1:string parent_id=2:string file_type=3:int32 checksum=4:string path=5:string
  created_at=20:Timestamp updated_at=21:Timestamp
Metadata metadata=1:{Value}
Model id=1:string name=2:string owner=3:string namespace=4:string description=5:string task=6:string
  files=9:*FileMetadata created_at=20:Timestamp updated_at=21:Timestamp
CreateModelRequest name=2:string owner=3:string namespace=4:string task=5:string description=6:string
  metadata=7:Metadata files=8:*FileMetadata
CreateModelResponse id=1:string created_at=20:Timestamp updated_at=21:Timestamp
ListModelsRequest namespace=1:string
ListModelsResponse models=1:*Model
ModelVersion id=1:string model_id=2:string name=3:string version=4:string description=5:string files=6:*FileMetadata
  metadata=7:Metadata framework=8:int32 unique_tags=9:*string created_at=20:Timestamp updated_at=21:Timestamp
CreateModelVersionRequest model=1:string name=2:string version=3:string description=4:string files=5:*FileMetadata
  metadata=6:Metadata framework=7:int32 unique_tags=8:*string
CreateModelVersionResponse model_version=1:string created_at=20:Timestamp updated_at=21:Timestamp
ListModelVersionsRequest model=1:string
ListModelVersionsResponse models=1:*ModelVersion
Experiment id=1:string name=2:string namespace=3:string owner=4:string framework=5:int32 external_id=7:string
  created_at=20:Timestamp updated_at=21:Timestamp
CreateExperimentRequest name=1:string owner=2:string namespace=3:string framework=4:int32 task=5:string
  metadata=6:Metadata external_id=7:string
CreateExperimentResponse experiment_id=1:string experiment_exists=2:bool created_at=20:Timestamp updated_at=21:Timestamp
ListExperimentsRequest namespace=1:string
ListExperimentsResponse experiments=1:*Experiment
GetExperimentRequest id=1:string
GetExperimentResponse experiment=1:Experiment
Checkpoint id=1:string epoch=2:uint64 experiment_id=3:string files=4:*FileMetadata metrics=5:{float}
  created_at=20:Timestamp updated_at=21:Timestamp
CreateCheckpointRequest experiment_id=1:string epoch=2:uint64 files=3:*FileMetadata metrics=4:{float}
  metadata=5:Metadata
CreateCheckpointResponse checkpoint_id=1:string created_at=20:Timestamp updated_at=21:Timestamp
GetCheckpointRequest experiment_id=1:string epoch=2:uint64
GetCheckpointResponse checkpoint=1:Checkpoint
ListCheckpointsRequest experiment_id=1:string
ListCheckpointsResponse checkpoints=1:*Checkpoint
TrackArtifactsRequest files=1:*FileMetadata
TrackArtifactsResponse num_files_tracked=1:int32 created_at=10:Timestamp
ListArtifactsRequest parent_id=1:string
ListArtifactsResponse files=1:*FileMetadata
UploadFileRequest stream_frame.metadata=1:FileMetadata stream_frame.chunks=2:bytes
UploadFileResponse file_id=1:string
DownloadFileRequest file_id=1:string
DownloadFileResponse stream_frame.metadata=1:FileMetadata stream_frame.chunks=2:bytes
UpdateMetadataRequest parent_id=1:string metadata=2:Metadata
UpdateMetadataResponse num_keys_written=1:int32 updated_at=5:Timestamp
ListMetadataRequest parent_id=1:string
ListMetadataResponse metadata=1:{Value}
MetricsValue step=1:uint64 wallclock_time=2:uint64 value.f_val=5:float value.s_tensor=6:string
  value.b_tensor=7:bytes
Metrics key=1:string values=2:*MetricsValue
LogMetricsRequest parent_id=1:string key=2:string value=3:MetricsValue
LogMetricsResponse
GetMetricsRequest parent_id=1:string
GetMetricsResponse metrics=1:*Metrics
EventSource name=1:string
Event name=2:string source=3:EventSource wallclock_time=4:Timestamp metadata=5:Metadata
LogEventRequest parent_id=1:string event=2:Event
LogEventResponse created_at=1:Timestamp
ListEventsRequest parent_id=1:string since=2:Timestamp
ListEventsResponse events=1:*Event
ClusterMember id=1:string host_name=2:string rpc_addr=3:string http_addr=4:string
GetClusterMembersRequest
GetClusterMembersResponse members=1:*ClusterMember
WatchNamespaceRequest namespace=1:string since=2:uint64
WatchNamespaceResponse event=1:int32 payload=2:Value
"""

_WELL_KNOWN: Final = {"Timestamp": ".google.protobuf.Timestamp", "Value": ".google.protobuf.Value"}
_Field = descriptor_pb2.FieldDescriptorProto


def _add_field(message: descriptor_pb2.DescriptorProto, text: str) -> None:
    name, _, rest = text.partition("=")
    number, _, kind = rest.partition(":")
    group, _, name = name.rpartition(".")
    field = message.field.add(name=name, number=int(number), label=_Field.LABEL_OPTIONAL)
    if kind.startswith("{"):
        entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
        entry.options.map_entry = True
        _add_field(entry, "key=1:string")
        _add_field(entry, f"value=2:{kind[1:-1]}")
        field.label, field.type = _Field.LABEL_REPEATED, _Field.TYPE_MESSAGE
        field.type_name = f".modelbox.{message.name}.{entry.name}"
        return
    if kind.startswith("*"):
        field.label, kind = _Field.LABEL_REPEATED, kind[1:]
    if kind[0].isupper():
        field.type, field.type_name = _Field.TYPE_MESSAGE, _WELL_KNOWN.get(kind, f".modelbox.{kind}")
    else:
        field.type = _Field.Type.Value(f"TYPE_{kind.upper()}")
    if group:
        groups = [oneof.name for oneof in message.oneof_decl]
        if group not in groups:
            message.oneof_decl.add(name=group)
            groups.append(group)
        field.oneof_index = groups.index(group)


def _classes() -> dict[str, type[Message]]:
    pool = descriptor_pool.DescriptorPool()
    for known in (struct_pb2, timestamp_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
    file = descriptor_pb2.FileDescriptorProto(name="published.proto", package="modelbox", syntax="proto3")
    file.dependency.extend(["google/protobuf/struct.proto", "google/protobuf/timestamp.proto"])
    for line in _MESSAGES.strip().replace("\n  ", " ").splitlines():
        name, *fields = line.split()
        message = file.message_type.add(name=name)
        for field in fields:
            _add_field(message, field)
    pool.Add(file)
    return {
        message.name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"modelbox.{message.name}"))
        for message in file.message_type
    }


MESSAGES: Final[dict[str, Any]] = _classes()
"""The messages by name."""


class PublishedClient:
    """Calls as a client of the published contract makes them: synchronous, without metadata, knowing no new field."""

    def __init__(self, address: str) -> None:
        """Open a channel with gRPC's defaults."""
        self._channel = grpc.insecure_channel(address)

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()

    def call(self, rpc: str, **fields: Any) -> Any:
        """Make a unary call."""
        return self._method("unary_unary", rpc)(MESSAGES[f"{rpc}Request"](**fields), timeout=10)

    def upload(self, frames: list[Any]) -> Any:
        """Stream frames in, get one answer."""
        return self._method("stream_unary", "UploadFile")(iter(frames), timeout=30)

    def stream(self, rpc: str, **fields: Any) -> Any:
        """Make a call with many answers."""
        return self._method("unary_stream", rpc)(MESSAGES[f"{rpc}Request"](**fields))

    def _method(self, kind: str, rpc: str) -> Any:
        return getattr(self._channel, kind)(
            SERVICE + rpc,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=MESSAGES[f"{rpc}Response"].FromString,
        )
