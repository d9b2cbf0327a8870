"""XGBoost: a TrainingCallback that reports to a run.

xgboost.train(params, data, evals=[(data, "train")], callbacks=[ModelBoxCallback(run, params=params)])
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from modelbox.integrations.boosters import Rounds, keep_model
from modelbox.integrations.describing import log_found
from modelbox.integrations.frameworks import framework
from modelbox.kinds.run import Run

_callback: Any = framework("xgboost.callback", install="xgboost")


class ModelBoxCallback(_callback.TrainingCallback):
    """Reports parameters, the metrics of every round as `data/metric`, and the model at the end."""

    def __init__(self, run: Run, *, params: Mapping[str, Any] | None = None, upload_model: bool = True) -> None:
        """Report to a run.

        Args:
            params: What `xgboost.train` is given, to record as hyperparameters. For an estimator such as
                `XGBClassifier` record the estimator: `run.log_hyperparameters(classifier)`.
            upload_model: Upload the model as `model.ubj` when the training has ended; later, if the server is
                slow or away.
        """
        super().__init__()
        self._run: Final = run
        self._params: Final = params
        self._uploads_model: Final = upload_model
        self._rounds: Final = Rounds(run)

    def before_training(self, model: Any) -> Any:
        """Record the parameters: those given as hyperparameters, those in effect as metadata."""
        if self._params is not None:
            self._run.log_hyperparameters(dict(self._params))
        return model

    def after_iteration(self, model: Any, epoch: int, evals_log: Mapping[str, Mapping[str, list[Any]]]) -> bool:
        """Log a round's metrics; the training goes on."""
        values = ((data, name, _last(many)) for data, metrics in evals_log.items() for name, many in metrics.items())
        self._rounds.log(epoch, values)
        return False

    def after_training(self, model: Any) -> Any:
        """Record the parameters in effect and the best round, and upload the model."""
        if not hasattr(model, "save_config"):
            return model  # the models of a cross validation, which nobody keeps
        found = {"config": json.loads(model.save_config()), "rounds": model.num_boosted_rounds(), **model.attributes()}
        log_found(self._run, "xgboost", found)
        if self._uploads_model:
            # The extension chooses the format.
            keep_model(self._run, lambda file: model.save_model(str(file)), "model.ubj")
        return model


def _last(values: list[Any]) -> Any:
    """Return the newest value; with cross validation each is a mean and its deviation."""
    newest = values[-1]
    return newest[0] if isinstance(newest, tuple) else newest
