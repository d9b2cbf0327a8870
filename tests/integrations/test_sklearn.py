"""Estimators of scikit-learn are logged with parameters, scores and their file."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="scikit-learn is not installed")

import joblib
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from modelbox import ModelBox
from modelbox.integrations.sklearn import log_classification, log_estimator

pytestmark = pytest.mark.sklearn


@pytest.mark.usefixtures("patient")
def test_a_classifier_is_logged_with_its_scores_and_its_file(client: ModelBox, tmp_path: Path) -> None:
    images, digits = load_digits(return_X_y=True)
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300)).fit(
        images[:1000], digits[:1000]
    )
    test = (images[1000:], digits[1000:])
    with client.start_run("digits", namespace="tests") as run:
        artifact = log_estimator(run, classifier, test=test, metrics={"seconds": 1.5})
    assert run.hyperparameters()["logisticregression.C"] == 0.1
    metrics = {key: points[0].value for key, points in run.metrics().items()}
    assert metrics["score"] == metrics["accuracy"] == pytest.approx(classifier.score(*test))
    assert metrics.keys() == {"score", "accuracy", "precision", "recall", "f1", "seconds"}
    metadata = run.metadata()
    assert (metadata["estimator"]["class"], metadata["estimator"]["features"]) == ("sklearn.pipeline.Pipeline", 64)
    assert np.sum(metadata["confusion_matrix"]["counts"]) == len(test[0])
    assert artifact is not None
    loaded = joblib.load(artifact.download(tmp_path))
    assert np.array_equal(loaded.predict(test[0]), classifier.predict(test[0]))


@pytest.mark.usefixtures("patient")
def test_a_regressor_is_scored_without_classes(client: ModelBox) -> None:
    features, values = load_diabetes(return_X_y=True)
    regressor = LinearRegression().fit(features, values)
    version = client.new_model("regressor", namespace="tests").new_model_version(framework="sklearn")
    log_estimator(version, regressor, test=(features, values), path="models/linear.joblib")
    assert version.metrics()["score"][0].value == pytest.approx(regressor.score(features, values))
    assert "confusion_matrix" not in version.metadata()
    assert [artifact.path for artifact in version.artifacts()] == ["models/linear.joblib"]


def test_a_confusion_matrix_has_a_row_a_true_class(client: ModelBox) -> None:
    with client.start_run("words", namespace="tests") as run:
        log_classification(run, ["cat", "cat", "dog"], ["cat", "dog", "dog"])
    assert run.metadata()["confusion_matrix"] == {
        "classes": ["cat", "dog"],
        "counts": [[1, 1], [0, 1]],
        "precision": [1.0, 0.5],
        "recall": [0.5, 1.0],
    }
