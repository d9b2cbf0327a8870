"""The programs of the user's page that use a framework run as they stand there."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from modelbox import ModelBox, RunStatus
from tests.acceptance.test_guide_page import blocks, uses


@pytest.mark.parametrize(
    "framework, experiment",
    [
        pytest.param("sklearn", "sklearn", marks=pytest.mark.sklearn),
        pytest.param("xgboost", "xgboost", marks=pytest.mark.xgboost),
        pytest.param("lightgbm", "lightgbm", marks=pytest.mark.lightgbm),
        pytest.param("keras", "keras", marks=pytest.mark.keras),
        pytest.param("transformers", "hugging-face", marks=pytest.mark.transformers),
        pytest.param("lightning", "lightning", marks=pytest.mark.lightning),
    ],
)
def test_the_guides_program_reports_its_training(
    client: ModelBox, tmp_path: Path, framework: str, experiment: str
) -> None:
    if find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    [program] = [text for title, _, text in blocks() if title == "With a framework" and uses(text, framework)]
    backend = "jax" if find_spec("jax") else "torch"
    environment = {**os.environ, "MODELBOX_API_ADDR": client.address, "KERAS_BACKEND": backend}
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    [reported] = client.experiment(experiment, namespace="vision").runs()
    assert reported.status is RunStatus.FINISHED
    assert reported.metric_summaries
