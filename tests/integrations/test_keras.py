"""Keras reports through its callback, on the backend that is installed."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# Chosen when Keras is imported, by what is there.
os.environ.setdefault("KERAS_BACKEND", "jax" if find_spec("jax") else "torch")
keras: Any = pytest.importorskip("keras", reason="Keras is not installed")

import numpy as np

from modelbox import ModelBox, RunStatus
from modelbox.integrations.keras import ModelBoxCallback

pytestmark = [pytest.mark.keras, pytest.mark.filterwarnings("default")]  # Warnings are the framework's own.


def _model() -> Any:
    model = keras.Sequential(
        [keras.layers.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse", metrics=["mae"])
    return model


def _data() -> tuple[Any, Any]:
    x = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
    return x, x.sum(axis=1, keepdims=True)


def test_epochs_optimizer_and_checkpoints_are_reported(client: ModelBox, tmp_path: Path) -> None:
    model, (x, y) = _model(), _data()
    with client.start_run("keras", namespace="tests") as run:
        callback = ModelBoxCallback(run, folder=tmp_path / "checkpoints", every_epochs=2)
        model.fit(x, y, epochs=4, validation_split=0.25, verbose=0, callbacks=[callback])
    client.flush()
    assert client.run(run.id).status is RunStatus.FINISHED
    parameters = run.hyperparameters()
    assert parameters["fit.epochs"] == 4
    assert parameters["optimizer.learning_rate"] == pytest.approx(0.01)
    metrics = run.metrics()
    assert metrics.keys() == {"loss", "mae", "val_loss", "val_mae"}
    assert [point.step for point in metrics["val_loss"]] == [0, 1, 2, 3]
    checkpoints = run.checkpoints()
    assert [one.epoch for one in checkpoints] == [1, 3]
    assert checkpoints[1].metric_values["loss"] == metrics["loss"][3].value
    [path] = checkpoints[1].download_artifacts(tmp_path / "downloaded")
    loaded = keras.saving.load_model(path, safe_mode=True)
    assert np.allclose(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_batches_are_reported_if_asked_for(client: ModelBox) -> None:
    model, (x, y) = _model(), _data()
    with client.start_run("keras", namespace="tests") as run:
        model.fit(x, y, epochs=2, batch_size=16, verbose=0, callbacks=[ModelBoxCallback(run, log_batches=True)])
    assert [point.step for point in run.metrics()["batch/loss"]] == list(range(8))
    assert run.checkpoints() == []


def test_keras_need_not_wait_for_each_batch_unless_batches_are_reported(client: ModelBox) -> None:
    """Where its backend computes beside Python, one callback with a method for batches makes Keras wait for each."""
    with client.start_run("keras", namespace="tests") as run:
        bare, reporting, of_batches = (
            keras.callbacks.CallbackList(callbacks)._async_train
            for callbacks in ([], [ModelBoxCallback(run)], [ModelBoxCallback(run, log_batches=True)])
        )
    assert reporting == bare
    assert not of_batches, "batches are logged in their order"
