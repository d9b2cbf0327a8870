"""Estimators of scikit-learn: parameters, scores, and the fitted estimator as a file.

log_estimator(run, classifier, test=(test_x, test_y))
"""

from collections.abc import Mapping
from typing import Any

from modelbox.integrations.boosters import uploaded_model
from modelbox.integrations.describing import log_found
from modelbox.integrations.frameworks import framework
from modelbox.kinds.artifact import Artifact
from modelbox.logged_object import LoggedObject

_sklearn: Any = framework("sklearn", install="scikit-learn")
_metrics: Any = framework("sklearn.metrics", install="scikit-learn")
_joblib: Any = framework("joblib", install="joblib")


def log_estimator(
    target: LoggedObject,
    estimator: Any,
    *,
    test: tuple[Any, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    step: int = 0,
    path: str = "model.joblib",
) -> Artifact | None:
    """Log a fitted estimator on a run, model version or any other object.

    Its parameters become hyperparameters; its class, its features and the version of scikit-learn metadata
    `estimator`. The file is written by joblib: load it only where you trust whoever wrote it.

    Args:
        test: Features and labels to score it with: a metric `score`, and of a classifier what `log_classification`
            logs.
        metrics: Further numbers to log.
        path: What to call the file.

    Returns:
        The uploaded file; None while the server is slow or away: then it is uploaded later.
    """
    target.log_hyperparameters(estimator)
    log_found(target, "estimator", _described(estimator))
    if metrics:
        target.log_metrics(metrics, step=step)
    if test is not None:
        features, labels = test
        target.log_metrics({"score": estimator.score(features, labels)}, step=step)
        if _sklearn.base.is_classifier(estimator):
            log_classification(target, labels, estimator.predict(features), step=step)
    return uploaded_model(target, lambda file: _joblib.dump(estimator, file), path)


def log_classification(target: LoggedObject, labels: Any, predictions: Any, *, step: int = 0) -> None:
    """Log how well a classifier predicts: metrics `accuracy`, `precision`, `recall` and `f1`, averaged over classes.

    Metadata `confusion_matrix` has the classes, the counts (a row a true class, a column a predicted one), and
    precision and recall of each class.
    """
    classes = sorted({*labels, *predictions}, key=str)
    counts = _metrics.confusion_matrix(labels, predictions, labels=classes)
    precision, recall, f1, _ = _metrics.precision_recall_fscore_support(
        labels, predictions, labels=classes, zero_division=0.0
    )
    target.log_metrics(
        {
            "accuracy": _metrics.accuracy_score(labels, predictions),
            "precision": precision.mean(),
            "recall": recall.mean(),
            "f1": f1.mean(),
        },
        step=step,
    )
    matrix = {
        "classes": [one.item() if hasattr(one, "item") else one for one in classes],
        "counts": counts.tolist(),
        "precision": precision.tolist(),
        "recall": recall.tolist(),
    }
    log_found(target, "confusion_matrix", matrix)


def _described(estimator: Any) -> dict[str, Any]:
    kind = type(estimator)
    described: dict[str, Any] = {"class": f"{kind.__module__}.{kind.__qualname__}", "sklearn": _sklearn.__version__}
    features = getattr(estimator, "n_features_in_", None)
    names = getattr(estimator, "feature_names_in_", None)
    if features is not None:
        described["features"] = int(features)
    if names is not None:
        described["feature_names"] = [str(name) for name in names[:1_000]]
    return described
