"""The tutorial of the SDK runs, more than once, and leaves what it tells of."""

from pathlib import Path

import pytest

from modelbox import ModelBox, RunStatus
from tests.integration.sdk.objects.notebooks import Tutorials
from tests.integration.sdk_server import SdkServer

# Warnings while the notebook runs are those of Jupyter.
pytestmark = pytest.mark.filterwarnings("default")


def test_the_tutorial_of_the_sdk_tells_what_happens(
    sdk_server: SdkServer, client: ModelBox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tutorials = Tutorials(sdk_server, tmp_path, monkeypatch)
    printed, warned = tutorials.run("python_sdk")
    assert warned == ""
    assert "thermometer is new" in printed
    assert "FAILED because of DivergedError" in printed
    assert "0.5 volts are 15." in printed
    assert "thermometer was there" in tutorials.run("python_sdk")[0]
    [experiment] = client.experiments("tutorial")
    assert [run.status for run in experiment.runs(limit=4)] == [RunStatus.FAILED, *[RunStatus.FINISHED] * 3]
    best = experiment.best_run("loss", mode="min")
    assert best is not None
    assert (best.name, best.metadata()["checked"]) == ("lr 0.4", True)
    live = client.model(namespace="tutorial", name="thermometer").model_version(tag="production")
    assert (live.version, live.unique_tags) == ("2", ("checked", "production"))
    assert {node.type for node in live.lineage("upstream").nodes} >= {"checkpoint", "run", "dataset"}
