"""The client of a program that makes none itself: made by the first call that needs it, closed at the end."""

import threading
from typing import Final, Unpack

from modelbox.client import ModelBox
from modelbox.enums import MLFramework
from modelbox.kinds.run import Run, RunFields
from modelbox.other_words import takes

_lock: Final = threading.RLock()
_clients: Final[list[ModelBox]] = []


def default_client() -> ModelBox:
    """Return the program's own client, with the settings of the environment and of `modelbox_client.toml`.

    Raises:
        ConfigError: A setting is wrong.
    """
    with _lock:
        if not _clients:
            _clients.append(ModelBox())
        return _clients[0]


@takes()
def start_run(
    experiment: str,
    *,
    namespace: str = "",
    name: str = "",
    framework: MLFramework | str = MLFramework.UNKNOWN,
    **of: Unpack[RunFields],
) -> Run:
    """Start a run with the program's own client; see `ModelBox.start_run`.

        run = modelbox.start_run("digits", hyperparameters={"lr": 0.1})
        run.log_metrics({"loss": 0.5})

    The end of the program ends it, if nobody did before.

    Args:
        name: The run's.
        framework: The experiment's, where it is created.

    Raises:
        InvalidFieldError: An argument breaks a rule.
    """
    return default_client().start_run(experiment, namespace=namespace, name=name, framework=framework, **of)
