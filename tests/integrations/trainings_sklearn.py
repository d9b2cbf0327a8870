"""scikit-learn: one estimator after another, each logged; the last one is kept."""

from collections.abc import Callable
from pathlib import Path
from time import thread_time
from typing import Any

from modelbox import Run
from modelbox.integrations.frameworks import framework
from modelbox.integrations.sklearn import log_estimator

datasets: Any = framework("sklearn.datasets", install="scikit-learn")
ensemble: Any = framework("sklearn.ensemble", install="scikit-learn")


def train(run: Run | None, _folder: Path, seconds: float, tell: Callable[[float], None]) -> None:
    """Fit forests of the same size, as many as take so long."""
    images, digits = datasets.load_digits(return_X_y=True)
    fits = max(2, round(seconds / _seconds_of_one(images, digits)))
    forest: Any = None
    for number in range(fits):
        forest = ensemble.RandomForestClassifier(100, random_state=number, n_jobs=1).fit(images[:1200], digits[:1200])
        score = forest.score(images[1200:], digits[1200:])
        if run is not None:
            run.log_metrics({"score": score}, step=number)
        tell((number + 1) / fits)
    if run is not None:
        log_estimator(run, forest)


def _seconds_of_one(images: Any, digits: Any) -> float:
    if not _SECONDS:
        began = thread_time()
        ensemble.RandomForestClassifier(100, random_state=0, n_jobs=1).fit(images[:1200], digits[:1200])
        _SECONDS.append(thread_time() - began)
    return _SECONDS[0]


_SECONDS: list[float] = []
"""How long one takes here, so that all trainings of a program have as many."""
