"""XGBoost: rounds of boosting on digits, each reported."""

from collections.abc import Callable
from pathlib import Path
from time import thread_time
from typing import Any

from modelbox import Run
from modelbox.integrations.frameworks import framework
from modelbox.integrations.xgboost import ModelBoxCallback

xgboost: Any = framework("xgboost", install="xgboost")
datasets: Any = framework("sklearn.datasets", install="scikit-learn")

ROUNDS_OF_PROBE = 100
"""The first rounds take longer than those that follow."""

_PARAMS = {
    "objective": "multi:softprob",
    "num_class": 10,
    "max_depth": 6,
    "nthread": 1,
    "eval_metric": "mlogloss",
    # At the default rate a hundred rounds learn these images by heart, and those that follow have nothing left to do.
    "learning_rate": 0.01,
}


class _Telling(xgboost.callback.TrainingCallback):
    def __init__(self, rounds: int, tell: Callable[[float], None]) -> None:
        super().__init__()
        self._rounds = rounds
        self._tell = tell

    def after_iteration(self, _model: Any, epoch: int, _evals_log: Any) -> bool:
        self._tell((epoch + 1) / self._rounds)
        return False


def train(run: Run | None, folder: Path, seconds: float, tell: Callable[[float], None]) -> None:
    """Boost as many rounds as take so long; without ModelBox the model is saved too."""
    data = xgboost.DMatrix(*datasets.load_digits(return_X_y=True))
    if not _SECONDS:
        began = thread_time()
        xgboost.train(_PARAMS, data, ROUNDS_OF_PROBE, evals=[(data, "train")], verbose_eval=False)
        _SECONDS.append((thread_time() - began) / ROUNDS_OF_PROBE)
    rounds = max(10, round(seconds / _SECONDS[0]))
    callbacks = [_Telling(rounds, tell)]
    if run is not None:
        callbacks.append(ModelBoxCallback(run, params=_PARAMS))
    booster = xgboost.train(_PARAMS, data, rounds, evals=[(data, "train")], verbose_eval=False, callbacks=callbacks)
    if run is None:
        folder.mkdir(parents=True, exist_ok=True)
        booster.save_model(str(folder / "model.ubj"))


_SECONDS: list[float] = []
"""How long a round takes here, so that all trainings of a program have as many."""
