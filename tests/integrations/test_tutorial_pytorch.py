"""The tutorial of plain PyTorch runs and leaves what it tells of."""

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")

from modelbox import ModelBox, RunStatus
from tests.integration.sdk.objects.notebooks import Tutorials
from tests.integration.sdk_server import SdkServer

# Warnings while the notebook runs are those of Jupyter.
pytestmark = [pytest.mark.tutorials, pytest.mark.pytorch, pytest.mark.slow, pytest.mark.filterwarnings("default")]


def test_the_tutorial_of_pytorch_goes_on_from_its_checkpoint(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed, warned = Tutorials(sdk_server, tmp_path, monkeypatch).run("pytorch")
    assert warned == ""
    assert "from epoch 0\n" in printed
    assert "FAILED RuntimeError: the power was cut [0, 1, 2]" in printed
    assert "from epoch 3\n" in printed
    [run] = client.runs("tutorial")
    assert run.status is RunStatus.FINISHED
    assert [point.step for point in run.metrics()["accuracy"]] == list(range(6))
    live = client.model(namespace="tutorial", name="digits").model_version(tag="production")
    assert live.run_id == run.id
    assert live.metric_summaries["accuracy"].max > 0.85
