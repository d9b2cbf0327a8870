"""Objects created while the server is away: returned at once, created later, each once and in order."""

from pathlib import Path
from time import monotonic

import pytest

from modelbox import ModelBox, RunStatus, UnavailableError
from modelbox.ids import drawn_id
from modelbox.limits import OFFLINE_AFTER_S
from tests.integration.sdk_server import SdkServer


@pytest.fixture(autouse=True)
def _journal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MODELBOX_JOURNAL_DIR", str(tmp_path / "journal"))


def test_a_whole_training_runs_without_the_server_and_is_there_afterwards(sdk_server: SdkServer) -> None:
    sdk_server.stop()
    with ModelBox(sdk_server.address) as client:
        began = monotonic()
        experiment = client.new_experiment("digits", namespace="vision", labels={"env": "test"})
        first_s = monotonic() - began
        assert first_s < 3 * OFFLINE_AFTER_S
        dataset = client.new_dataset("images", namespace="vision", digest="sha256:" + "0" * 64)
        with experiment.new_run("train", hyperparameters={"lr": 0.1}, source=False) as run:
            run.log_dataset(dataset)
            taken = []
            for epoch in range(20):
                run.log_metrics({"loss": 1.0 / (epoch + 1)}, step=epoch)
                taken.append(run.new_checkpoint(epoch, {"loss": 1.0 / (epoch + 1)}).id)
            run.update_metadata("k", 1)
            run.log_event("done")
        # Once it is known that the server is away, nobody waits for it again.
        assert monotonic() - began < 3 * OFFLINE_AFTER_S + 2
        assert not experiment.exists
        assert not run.exists
        assert run.status is RunStatus.FINISHED, "as this process said, though nobody has heard it yet"
        sdk_server.start()
        client.flush()
        read = client.run(run.id)
        assert (read.name, read.status, read.params) == ("train", RunStatus.FINISHED, {"lr": 0.1})
        assert (read.started_at, read.experiment_id) == (run.started_at, experiment.id)
        found = client.experiment(namespace="vision", name="digits")
        assert (found.id, found.labels) == (experiment.id, experiment.labels)
        assert [one.id for one in run.checkpoints()] == taken
        assert [point.step for point in run.metrics("loss")["loss"]] == list(range(20))
        assert client.dataset(dataset.id).digest == dataset.digest
        assert {node.id for node in run.lineage("upstream").nodes} == {run.id, dataset.id}
        assert (run.metadata(), [event.name for event in run.events()]) == ({"k": 1}, ["done"])


def test_without_background_a_server_that_is_away_is_an_error(sdk_server: SdkServer, tmp_path: Path) -> None:
    sdk_server.stop()
    with ModelBox(sdk_server.address, timeout_s=0.3, background=False) as client:
        with pytest.raises(UnavailableError):
            client.new_experiment("digits")
        with pytest.raises(UnavailableError):
            client.object("00000000-0000-4000-8000-000000000000").update_metadata("k", 1)
    assert not (tmp_path / "journal").exists()


def test_while_the_server_is_away_nobody_is_told_that_there_is_no_checkpoint(sdk_server: SdkServer) -> None:
    with ModelBox(sdk_server.address, timeout_s=0.5) as client:
        sdk_server.stop()
        run = client.start_run("resumed", id=drawn_id(), source=False, heartbeat=False)
        with pytest.raises(UnavailableError, match=r"nothing was read: .*does the server run there"):
            run.checkpoints(limit=1)
    with ModelBox(sdk_server.address, timeout_s=0.5) as fresh, pytest.raises(UnavailableError):
        fresh.run(run.id)
