"""What an operator does to the log as a whole, while its server runs: fork, redaction, correction of its time."""

import json

import grpc
from google.protobuf.struct_pb2 import Value

from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from tests.acceptance.calls import CALL_TIMEOUT_S, create_model
from tests.acceptance.server_process import ServerProcess

SECRET = "hunter2-3f9c"


def test_a_running_server_goes_on_in_the_epoch_of_a_fork(server: ServerProcess) -> None:
    """Under its id in tokens and in what it says of itself; the chain verifies from the genesis."""
    info = server.start()
    create_model(info["grpc_addr"], "before")

    forked = server.modelbox("log", "fork", "--reason", "restored a backup", "--yes", "--output", "json")
    assert forked.returncode == 0, forked.stderr
    epoch = json.loads(forked.stdout)
    create_model(info["grpc_addr"], "after")

    assert (epoch["number"], epoch["begins_after"]) == (1, 1)
    assert server.info()["log_id"] == epoch["log_id"] != info["log_id"]
    listed = json.loads(server.modelbox("log", "epochs", "--output", "json").stdout)
    assert [found["log_id"] for found in listed] == [info["log_id"], epoch["log_id"]]
    verified = json.loads(server.modelbox("audit", "verify", "--output", "json").stdout)
    assert (verified["intact"], verified["to"]) == (True, 3)
    with grpc.insecure_channel(info["grpc_addr"]) as channel:
        before = (("modelbox-min-token", f"{info['log_id']}.1"),)
        models = ModelStoreStub(channel).ListModels(
            pb.ListModelsRequest(namespace="acceptance"), metadata=before, timeout=CALL_TIMEOUT_S
        )
        assert {model.name for model in models.models} == {"before", "after"}
    assert server.stop() == 0


def test_redacted_metadata_is_shown_nowhere_and_all_verifies(server: ServerProcess) -> None:
    info = server.start()
    model_id = create_model(info["grpc_addr"], "leaky")
    with grpc.insecure_channel(info["grpc_addr"]) as channel:
        stub = ModelStoreStub(channel)
        for key, value in (("owner", "ana"), ("password", SECRET)):
            metadata = pb.Metadata(metadata={key: Value(string_value=value)})
            stub.UpdateMetadata(pb.UpdateMetadataRequest(parent_id=model_id, metadata=metadata), timeout=CALL_TIMEOUT_S)

        asked = server.modelbox("log", "redact", "3", "--reason", "a password")
        assert ": password) says will be gone for ever; log again afterwards what of it was right" in asked.stderr
        assert "to go on without, add --yes" in asked.stderr
        redacted = server.modelbox("log", "redact", "3", "--reason", "a password", "--yes", "--output", "json")
        assert redacted.returncode == 0, redacted.stderr

        left = stub.ListMetadata(pb.ListMetadataRequest(parent_id=model_id), timeout=CALL_TIMEOUT_S)
        assert set(left.metadata) == {"owner"}
    facts = json.loads(redacted.stdout)
    assert (facts["position"], facts["redacted_by"]) == (3, 4)
    assert "metadata" in facts["views_rebuilt"]
    assert "redacted  3 by 4" in server.modelbox("audit", "verify").stdout
    assert server.modelbox("projections", "verify").returncode == 0
    assert SECRET not in server.modelbox("log", "tail", "--output", "json").stdout
    assert "redacted by 4" in server.modelbox("log", "tail").stdout
    refused = server.modelbox("log", "redact", "1", "--reason", "a name", "--yes")
    assert (refused.returncode, "only EventLogged" in refused.stderr) == (1, True)
    assert server.stop() == 0


def test_time_that_is_right_is_not_corrected(server: ServerProcess) -> None:
    server.start()
    assert json.loads(server.modelbox("log", "correct-clock", "--reason", "r", "--output", "json").stdout) == {
        "corrected": False,
        "ahead_until": "",
    }
    assert server.stop() == 0
