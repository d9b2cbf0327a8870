"""LightGBM: a callback that reports to a run.

booster = lightgbm.train(params, data, valid_sets=[data], callbacks=[ModelBoxCallback(run)])
log_booster(run, booster)
"""

from typing import Any, Final

from modelbox.integrations.boosters import Rounds, uploaded_model
from modelbox.integrations.describing import log_found
from modelbox.integrations.frameworks import framework
from modelbox.kinds.artifact import Artifact
from modelbox.kinds.run import Run
from modelbox.logged_object import LoggedObject

_lightgbm: Any = framework("lightgbm", install="lightgbm")


class ModelBoxCallback:
    """Reports parameters, and the metrics of every round as `data/metric`."""

    order: Final = 5
    """Before early stopping, whose round is logged too."""

    before_iteration: Final = False
    """After each round, when its metrics are known."""

    def __init__(self, run: Run) -> None:
        """Report to a run."""
        self._run: Final = run
        self._rounds: Final = Rounds(run)

    def __call__(self, env: Any) -> None:
        """Log a round's metrics; before the first, the parameters."""
        if env.iteration == env.begin_iteration:
            self._run.log_hyperparameters(dict(env.params))
        # With cross validation a fifth, the deviation, follows.
        self._rounds.log(env.iteration, ((data, name, value) for data, name, value, *_ in env.evaluation_result_list))


def log_booster(target: LoggedObject, booster: Any, *, path: str = "model.txt") -> Artifact | None:
    """Upload a trained booster or estimator, and record its best round and features as metadata `lightgbm`.

    Returns:
        The uploaded file; None while the server is slow or away: then it is uploaded later.
    """
    bare = booster.booster_ if isinstance(booster, _lightgbm.LGBMModel) else booster
    found = {
        "version": _lightgbm.__version__,
        "trees": bare.num_trees(),
        "best_iteration": bare.best_iteration,
        "features": bare.feature_name()[:1_000],
    }
    log_found(target, "lightgbm", found)
    return uploaded_model(target, lambda file: bare.save_model(str(file)), path)
