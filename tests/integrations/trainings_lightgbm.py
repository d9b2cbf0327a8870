"""LightGBM: rounds of boosting on digits, each reported."""

from collections.abc import Callable
from pathlib import Path
from time import thread_time
from typing import Any

from modelbox import Run
from modelbox.integrations.frameworks import framework
from modelbox.integrations.lightgbm import ModelBoxCallback, log_booster

lightgbm: Any = framework("lightgbm", install="lightgbm")
datasets: Any = framework("sklearn.datasets", install="scikit-learn")

ROUNDS_OF_PROBE = 100
"""The first rounds take longer than those that follow."""

_PARAMS = {
    "objective": "multiclass",
    "num_class": 10,
    "num_leaves": 31,
    "verbose": -1,
    "num_threads": 1,
    # At the default rate a hundred rounds learn these images by heart, and those that follow have nothing left to do.
    "learning_rate": 0.01,
}


def train(run: Run | None, folder: Path, seconds: float, tell: Callable[[float], None]) -> None:
    """Boost as many rounds as take so long; without ModelBox the model is saved too."""
    images, digits = datasets.load_digits(return_X_y=True)
    if not _SECONDS:
        began = thread_time()
        _boost(images, digits, ROUNDS_OF_PROBE, [])
        _SECONDS.append((thread_time() - began) / ROUNDS_OF_PROBE)
    rounds = max(10, round(seconds / _SECONDS[0]))
    callbacks: list[Any] = [lambda env: tell((env.iteration + 1) / rounds)]
    if run is not None:
        callbacks.append(ModelBoxCallback(run))
    booster = _boost(images, digits, rounds, callbacks)
    if run is not None:
        log_booster(run, booster)
    else:
        folder.mkdir(parents=True, exist_ok=True)
        booster.save_model(str(folder / "model.txt"))


def _boost(images: Any, digits: Any, rounds: int, callbacks: list[Any]) -> Any:
    data = lightgbm.Dataset(images, digits)
    return lightgbm.train(_PARAMS, data, rounds, valid_sets=[data], valid_names=["train"], callbacks=callbacks)


_SECONDS: list[float] = []
"""How long a round takes here, so that all trainings of a program have as many."""
