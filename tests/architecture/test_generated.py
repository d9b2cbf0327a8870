"""Generated files are what their sources generate today."""

import importlib
from pathlib import Path

import grpc_tools
import jsonschema
import msgspec
import pytest
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet
from grpc_tools import protoc

from modelbox_events.registry import REGISTRY, EventType
from modelbox_events.schema_files import json_schema, schema_file, schema_text
from tests.architecture.tree import REPOSITORY

SCHEMAS = REPOSITORY / "events/modelbox_events/schemas"
CONTRACT = REPOSITORY / "sdk/proto"
PROTOS = sorted(path.relative_to(CONTRACT) for path in CONTRACT.rglob("*.proto"))


@pytest.mark.parametrize("event_type", REGISTRY.types.values(), ids=lambda event_type: event_type.name)
def test_json_schema_is_current(event_type: EventType) -> None:
    committed = (SCHEMAS / schema_file(event_type)).read_text(encoding="utf-8")
    assert committed == schema_text(event_type), "run `make schema`"
    jsonschema.Draft202012Validator.check_schema(json_schema(event_type))


def test_every_schema_version_has_its_file() -> None:
    """Events of older versions stay in the log, and their schemas beside the current ones."""
    expected = {
        f"{event_type.name}.v{version}.json": f"urn:modelbox:event:{event_type.name}:{version}"
        for event_type in REGISTRY.types.values()
        for version in range(1, event_type.schema_version + 1)
    }
    committed = {path.name: msgspec.json.decode(path.read_bytes())["$id"] for path in SCHEMAS.glob("*.json")}
    assert committed == expected


@pytest.mark.parametrize("proto", PROTOS, ids=str)
def test_python_stubs_are_current(proto: Path, tmp_path: Path) -> None:
    described = _describe(proto, tmp_path)
    committed = FileDescriptorProto()
    stubs = importlib.import_module(f"modelbox.proto.{proto.stem}_pb2")
    stubs.DESCRIPTOR.CopyToProto(committed)
    assert committed == described, "run `make proto`"


@pytest.mark.parametrize("proto", PROTOS, ids=str)
def test_service_stubs_have_every_call(proto: Path, tmp_path: Path) -> None:
    stubs = (REPOSITORY / f"sdk/python/modelbox/proto/{proto.stem}_pb2_grpc.py").read_text(encoding="utf-8")
    calls = [
        f"/modelbox.{service.name}/{method.name}"
        for service in _describe(proto, tmp_path).service
        for method in service.method
    ]
    assert calls
    assert [call for call in calls if f"'{call}'" not in stubs] == [], "run `make proto`"


def _describe(proto: Path, folder: Path) -> FileDescriptorProto:
    """Compile a .proto file and return its descriptor."""
    output = folder / "described.binpb"
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    roots = [f"--proto_path={CONTRACT}", f"--proto_path={well_known}"]
    assert protoc.main(["protoc", *roots, f"--descriptor_set_out={output}", str(proto)]) == 0
    described = FileDescriptorSet.FromString(output.read_bytes()).file[0]
    for message in described.message_type:
        _drop_json_names(message)
    return described


def _drop_json_names(message: DescriptorProto) -> None:
    """Leave out what protoc derives from the field names; the Python stubs do not carry it."""
    for field in message.field:
        field.ClearField("json_name")
    for nested in message.nested_type:
        _drop_json_names(nested)
