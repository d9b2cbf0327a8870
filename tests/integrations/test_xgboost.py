"""XGBoost reports each round, its parameters and its model."""

from pathlib import Path
from typing import Any

import pytest

xgboost: Any = pytest.importorskip("xgboost", reason="XGBoost is not installed")
pytest.importorskip("sklearn", reason="scikit-learn is not installed")

from sklearn.datasets import load_digits

from modelbox import ModelBox
from modelbox.integrations.xgboost import ModelBoxCallback

pytestmark = [pytest.mark.xgboost, pytest.mark.filterwarnings("default")]  # Warnings are the framework's own.


@pytest.fixture
def digits() -> tuple[Any, Any]:
    """Images and digits to train on."""
    images, digits = load_digits(return_X_y=True)
    return images[:400], digits[:400]


def test_rounds_parameters_and_model_are_reported(client: ModelBox, digits: tuple[Any, Any], tmp_path: Path) -> None:
    data = xgboost.DMatrix(*digits)
    params = {"objective": "multi:softprob", "num_class": 10, "max_depth": 3, "eval_metric": ["mlogloss", "merror"]}
    with client.start_run("boosting", namespace="tests") as run:
        callback = ModelBoxCallback(run, params=params)
        booster = xgboost.train(params, data, 5, evals=[(data, "train")], callbacks=[callback], verbose_eval=False)
    client.flush()
    assert run.hyperparameters()["max_depth"] == 3
    metrics = run.metrics()
    assert metrics.keys() == {"train/mlogloss", "train/merror"}
    assert [point.step for point in metrics["train/mlogloss"]] == [0, 1, 2, 3, 4]
    assert run.metadata()["xgboost"]["rounds"] == 5
    [artifact] = run.artifacts()
    loaded = xgboost.Booster(model_file=str(artifact.download(tmp_path)))
    assert (loaded.predict(data) == booster.predict(data)).all()


def test_estimators_and_early_stopping_are_reported(client: ModelBox, digits: tuple[Any, Any]) -> None:
    images, labels = digits
    with client.start_run("boosting", namespace="tests") as run:
        classifier = xgboost.XGBClassifier(
            n_estimators=200, max_depth=2, early_stopping_rounds=2, learning_rate=1.0, callbacks=[ModelBoxCallback(run)]
        )
        run.log_hyperparameters(classifier)
        classifier.fit(images[:300], labels[:300], eval_set=[(images[300:], labels[300:])], verbose=False)
    assert 2 < len(run.metrics()["validation_0/mlogloss"]) < 200
    assert run.metadata()["xgboost"]["best_iteration"] == str(classifier.best_iteration)
    assert run.hyperparameters()["learning_rate"] == 1.0


def test_folds_of_a_cross_validation_are_reported_by_their_mean(client: ModelBox, digits: tuple[Any, Any]) -> None:
    params = {"objective": "multi:softprob", "num_class": 10, "max_depth": 2}
    with client.start_run("boosting", namespace="tests") as run:
        callback = ModelBoxCallback(run, params=params, upload_model=False)
        table = xgboost.cv(params, xgboost.DMatrix(*digits), 3, nfold=3, callbacks=[callback], as_pandas=False)
    points = run.metrics()["test/mlogloss"]
    assert [point.value for point in points] == pytest.approx(table["test-mlogloss-mean"])
