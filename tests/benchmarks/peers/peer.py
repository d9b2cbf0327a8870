"""What both servers are asked, and of how much.

It uses the standard library alone, for MLflow's environment has nothing of ours.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, Protocol

RUNS: Final = 1_000
"""How many runs there are to search among; each has `KEYS` metrics of `STEPS` points and as many hyperparameters."""
KEYS: Final = 20
STEPS: Final = 2
LISTED: Final = 100
OPTIMIZERS: Final = ("adam", "sgd")
"""The hyperparameter `optimizer` of one run and the next, so that a search finds half of them."""
POINTS: Final = 1_000
"""How many points `log_points` logs: of `POINT_KEYS` keys, a step after the other."""
POINT_KEYS: Final = 10
SERIES_POINTS: Final = 20_000
LARGE_BYTES: Final = 256 * 1024**2
LARGE_NAME: Final = "large.bin"

Name = Literal["modelbox", "mlflow"]


class Peer(Protocol):
    """One of the servers, through its own client, as its users' programs use it. What is written is acknowledged."""

    def fill(self) -> None:
        """Record the runs to search among, and a run with a long series."""
        ...

    def begin(self) -> None:
        """Start the run that points and files are logged on."""
        ...

    def log_point(self) -> None:
        """Log one point."""
        ...

    def log_points(self) -> None:
        """Log `POINTS` points."""
        ...

    def create_run(self) -> None:
        """Start another run."""
        ...

    def create_model(self) -> None:
        """Create a model with a name of its own."""
        ...

    def create_version(self) -> None:
        """Create a version of one model, made by the run."""
        ...

    def get_run(self) -> None:
        """Read one of the runs, its metrics and hyperparameters too."""
        ...

    def list_some(self) -> None:
        """Read the `LISTED` newest runs, their metrics and hyperparameters too."""
        ...

    def search(self) -> None:
        """Read `LISTED` of the runs by a filter of a metric and a hyperparameter, in the order of the metric."""
        ...

    def list_all(self) -> None:
        """Read all runs, their metrics and hyperparameters too."""
        ...

    def read_series(self) -> None:
        """Read every point of the long series."""
        ...

    def upload(self, path: Path) -> None:
        """Store a file with the run."""
        ...

    def download(self, folder: Path) -> None:
        """Fetch the file that was uploaded last into a folder."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...


def peer_type(name: Name) -> Callable[[str], Peer]:
    """Return a server's client, to be made with its address; only the one that is meant is imported."""
    if name == "modelbox":
        from tests.benchmarks.peers.modelbox_peer import ModelBoxPeer  # noqa: PLC0415  # see above

        return ModelBoxPeer
    from tests.benchmarks.peers.mlflow_peer import MLflowPeer  # noqa: PLC0415  # see above

    return MLflowPeer


def hyperparameters(number: int) -> dict[str, str | float]:
    """Return those of the run of this number."""
    found: dict[str, str | float] = {f"param_{key}": number * key for key in range(KEYS - 1)}
    return found | {"optimizer": OPTIMIZERS[number % len(OPTIMIZERS)]}


def metrics(number: int, step: int) -> dict[str, float]:
    """Return what the run of this number logs at a step."""
    return {f"metric_{key}": 1 / (number + key + step + 1) for key in range(KEYS)}


def points(step: int) -> dict[str, float]:
    """Return what `log_points` logs at a step."""
    return {f"key_{key}": key / (step + 1) for key in range(POINT_KEYS)}
