"""The tutorial of PyTorch Lightning runs and leaves what it tells of."""

from pathlib import Path

import pytest

pytest.importorskip("lightning", reason="PyTorch Lightning is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

from modelbox import ModelBox, RunStatus
from tests.integration.sdk.objects.notebooks import Tutorials
from tests.integration.sdk_server import SdkServer

# Warnings while the notebook runs are those of Jupyter.
pytestmark = [pytest.mark.tutorials, pytest.mark.lightning, pytest.mark.slow, pytest.mark.filterwarnings("default")]


def test_the_tutorial_of_lightning_goes_on_from_its_checkpoint(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Lightning warns of what it uses itself.
    printed, _ = Tutorials(sdk_server, tmp_path, monkeypatch).run("pytorch_lightning")
    assert "FAILED RuntimeError: the power was cut" in printed
    [run] = client.runs("tutorial")
    assert run.status is RunStatus.FINISHED
    assert [point.step for point in run.metrics()["train_loss"]] == list(range(4, 6 * 24, 5))
    best = client.model(namespace="tutorial", name="digits-lightning").model_version(tag="candidate")
    assert best.run_id == run.id
    assert best.metric_summaries["accuracy"].max > 0.85
