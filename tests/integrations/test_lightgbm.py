"""LightGBM reports each round, its parameters and its model."""

from pathlib import Path
from typing import Any

import pytest

lightgbm: Any = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.datasets import load_digits

from modelbox import ModelBox
from modelbox.integrations.lightgbm import ModelBoxCallback, log_booster

pytestmark = [pytest.mark.lightgbm, pytest.mark.filterwarnings("default")]  # Warnings are the framework's own.


@pytest.mark.usefixtures("patient")
def test_rounds_parameters_and_model_are_reported(client: ModelBox, tmp_path: Path) -> None:
    images, digits = load_digits(return_X_y=True)
    data = lightgbm.Dataset(images[:300], digits[:300])
    held_back = lightgbm.Dataset(images[300:400], digits[300:400], reference=data)
    params = {
        "objective": "multiclass",
        "num_class": 10,
        "num_leaves": 7,
        "verbose": -1,
        "num_threads": 1,
        "learning_rate": 1.0,
    }
    with client.start_run("boosting", namespace="tests") as run:
        callbacks = [ModelBoxCallback(run), lightgbm.early_stopping(2, verbose=False)]
        booster = lightgbm.train(params, data, 200, valid_sets=[held_back], valid_names=["valid"], callbacks=callbacks)
        artifact = log_booster(run, booster)
    assert run.hyperparameters()["num_leaves"] == 7
    steps = [point.step for point in run.metrics()["valid/multi_logloss"]]
    # The rounds after the best one, in which it did not get better, are told too.
    assert steps == list(range(booster.best_iteration + 2))
    assert run.metadata()["lightgbm"]["best_iteration"] == booster.best_iteration
    assert artifact is not None
    loaded = lightgbm.Booster(model_file=str(artifact.download(tmp_path)))
    assert (loaded.predict(images) == booster.predict(images)).all()


@pytest.mark.usefixtures("patient")
def test_an_estimator_can_be_logged_on_a_model_version(client: ModelBox) -> None:
    images, digits = load_digits(return_X_y=True)
    classifier = lightgbm.LGBMClassifier(n_estimators=3, num_leaves=4, verbose=-1, n_jobs=1)
    classifier.fit(images[:200], digits[:200])
    version = client.new_model("boosted", namespace="tests").new_model_version(framework="lightgbm")
    log_booster(version, classifier, path="boosted.txt")
    assert version.metadata()["lightgbm"]["trees"] == 30
    assert [artifact.path for artifact in version.artifacts()] == ["boosted.txt"]
