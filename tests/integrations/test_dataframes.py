"""Runs and series as tables of pandas, figures of matplotlib and images of Pillow, with the real libraries."""

import io
from pathlib import Path
from typing import Any

import pytest

from modelbox import ModelBox
from modelbox.kinds.experiment import Experiment

pytestmark = pytest.mark.data
pandas: Any = pytest.importorskip("pandas")


@pytest.fixture
def experiment(client: ModelBox) -> Experiment:
    return client.new_experiment("frames", namespace="tests")


def test_runs_are_a_table_with_params_and_newest_metrics(client: ModelBox, experiment: Experiment) -> None:
    for rate in (0.1, 0.2):
        with experiment.new_run(f"lr-{rate}", hyperparameters={"lr": rate}, labels={"team": "a"}) as run:
            run.log_metric("loss", 1.0)
            run.log_metric("loss", rate)
    experiment.new_run("plain")
    client.flush()

    frame = experiment.runs_dataframe(order_by="params.lr")
    assert list(frame["name"]) == ["lr-0.1", "lr-0.2", "plain"]
    assert list(frame.columns[-3:]) == ["labels.team", "params.lr", "metrics.loss"]
    assert list(frame["metrics.loss"][:2]) == [0.1, 0.2]
    assert frame["metrics.loss"].isna().tolist() == [False, False, True]
    assert list(frame["status"]) == ["finished", "finished", "running"]
    assert str(frame["started_at"].dtype).startswith("datetime64")
    everywhere = client.runs_dataframe(filter="params.lr == 0.2")
    assert list(everywhere["id"]) == [frame["id"][1]]
    assert client.runs_dataframe("nowhere").empty


def test_series_are_a_table_with_a_row_a_point(experiment: Experiment) -> None:
    run = experiment.new_run("r")
    for step in range(4):
        run.log_metrics({"loss": 1.0 / (1 + step), "accuracy": step / 4})
    frame = run.metrics_dataframe(first_step=1)
    assert list(frame.columns) == ["key", "step", "time", "value"]
    wide = frame.pivot_table(index="step", columns="key", values="value")
    assert list(wide.index) == [1, 2, 3]
    assert list(wide["accuracy"]) == [0.25, 0.5, 0.75]


def test_frames_figures_and_images_are_logged_as_files(experiment: Experiment, tmp_path: Path) -> None:
    run = experiment.new_run("r")
    run.log_table(pandas.DataFrame({"name": ["a", "b"], "score": [1.5, 2.0]}), "table.csv")
    read = run.download_artifacts(tmp_path / "table")[0]
    assert pandas.read_csv(read).to_dict("list") == {"name": ["a", "b"], "score": [1.5, 2.0]}

    pyplot: Any = pytest.importorskip("matplotlib.pyplot")
    image_of: Any = pytest.importorskip("PIL.Image")
    numpy: Any = pytest.importorskip("numpy")
    figure, axes = pyplot.subplots()
    axes.plot([1, 2, 3])
    run.log_figure(figure, "loss.png")
    run.log_figure(axes, "loss.svg")
    pixels = numpy.arange(48, dtype="uint8").reshape(4, 4, 3)
    run.log_image(image_of.fromarray(pixels), "photo.png")
    run.log_image(pixels, "array.png")
    run.log_image(pixels, "array.jpg")
    files = {artifact.path: artifact for artifact in run.artifacts()}
    for name in ("loss.png", "photo.png", "array.png", "array.jpg"):
        content = run.download_artifact(files[name], tmp_path / "out").read_bytes()
        image = image_of.open(io.BytesIO(content))
        if name in {"photo.png", "array.png"}:
            assert numpy.asarray(image).tolist() == pixels.tolist()
