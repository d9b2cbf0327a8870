"""A checkpoint promoted while the server is away becomes a model version once it is there, with its files, once."""

from pathlib import Path

import pytest

from modelbox import ModelBox, ModelVersion, RunStatus
from modelbox.integrations.keeper import Saved
from modelbox.integrations.reporting import Reporter
from modelbox.journal.record import Record
from modelbox.kinds.model import NewModel
from modelbox.proto import modelstore_pb2 as pb
from modelbox.record_calls import was_recorded
from modelbox.transport.connection import Connection
from modelbox.transport.methods import PROMOTE_CHECKPOINT
from tests.integration.journal_support import left, sync, trained
from tests.integration.sdk_server import SdkServer

TRAINING = """
from pathlib import Path
from modelbox import RunStatus
from modelbox.integrations.keeper import Saved
from modelbox.integrations.reporting import Reporter
from modelbox.kinds.model import NewModel
upload = sys.argv[3] == "upload"
reporter = Reporter(client, client.new_experiment("digits", namespace="vision"), upload=upload, source=False, id=run.id)
for step in (1, 2):
    path = Path(sys.argv[4], f"step-{step}.ckpt")
    path.write_text(f"weights {step}")
    reporter.keep(Saved(path=str(path), step=step, metrics={"loss": 1 / step}, metadata={}))
model = NewModel("digits-l", "me@example.org", "vision")
assert reporter.promote(str(path), model, unique_tags=["candidate"]) is None
reporter.end(RunStatus.FINISHED)
"""

RUN_ID = "0190c0de-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def journal_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(folder))
    return folder


def _check(client: ModelBox, version: ModelVersion, folder: Path, *, is_uploaded: bool) -> None:
    run = client.run(version.run_id)
    [first, second] = run.checkpoints()
    assert (version.checkpoint_id, version.unique_tags) == (second.id, ("candidate",))
    assert first.step == 1
    [artifact] = version.artifacts()
    assert artifact.uploaded is is_uploaded
    if is_uploaded:
        assert artifact.download(folder / "down").read_text() == "weights 2"


@pytest.mark.parametrize("mode", ["upload", "track"])
def test_a_promotion_waits_in_the_journal_behind_its_checkpoint(
    sdk_server: SdkServer, client: ModelBox, *, mode: str, tmp_path: Path, journal_folder: Path
) -> None:
    sdk_server.stop()
    assert trained(TRAINING, sdk_server.address, RUN_ID, mode, str(tmp_path)) == 0
    sdk_server.start()
    sync(sdk_server.address)
    model = client.model(namespace="vision", name="digits-l")
    assert model.owner == "me@example.org"
    [version] = model.model_versions()
    assert version.run_id == RUN_ID
    _check(client, version, tmp_path, is_uploaded=mode == "upload")
    assert left(journal_folder) == []


def test_a_promotion_is_made_by_the_program_itself_when_the_server_comes_back(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path
) -> None:
    reporter = Reporter(client, client.new_experiment("digits", namespace="vision"), upload=True, source=False)
    client.flush()
    sdk_server.stop()
    for step in (1, 2):
        path = tmp_path / f"step-{step}.ckpt"
        path.write_text(f"weights {step}")
        reporter.keep(Saved(path=str(path), step=step, metrics={}, metadata={}))
    assert reporter.promote(str(path), NewModel("digits-l", namespace="vision"), unique_tags=["candidate"]) is None
    reporter.end(RunStatus.FINISHED)
    sdk_server.start()
    client.flush()
    [version] = client.model(namespace="vision", name="digits-l").model_versions()
    _check(client, version, tmp_path, is_uploaded=True)


def test_a_promotion_that_the_server_answers_is_there_at_once(client: ModelBox, tmp_path: Path) -> None:
    reporter = Reporter(client, client.new_experiment("digits"), upload=True, source=False)
    model = client.new_model("digits-l")
    path = tmp_path / "step-1.ckpt"
    path.write_text("weights 1")
    reporter.keep(Saved(path=str(path), step=1, metrics={}, metadata={}))
    promoted = reporter.promote(str(path), model, unique_tags=["candidate"])
    assert promoted is not None
    assert promoted.checkpoint_id == reporter.run.checkpoints()[0].id
    assert reporter.promote(str(tmp_path / "other.ckpt"), model) is None
    assert [one.id for one in model.model_versions()] == [promoted.id]


def test_a_promotion_whose_key_may_be_forgotten_is_not_made_again(client: ModelBox) -> None:
    """At most one try of it had no answer; seven days later the server does not know the key any more."""
    checkpoint = client.new_experiment("digits").new_checkpoint(1)
    model = client.new_model("digits-l")
    request = pb.PromoteCheckpointRequest(checkpoint_id=checkpoint.id, model=model.id)
    record = Record(PROMOTE_CHECKPOINT.name, request.SerializeToString())
    connection = Connection(client.address)
    assert not was_recorded(connection, record)
    checkpoint.promote(model)
    assert was_recorded(connection, record)
    unknown = pb.PromoteCheckpointRequest(checkpoint_id=checkpoint.id, model=RUN_ID)
    assert not was_recorded(connection, Record(PROMOTE_CHECKPOINT.name, unknown.SerializeToString()))
    connection.cut()
