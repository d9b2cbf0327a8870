"""MLflow as its users' programs use it, by the fastest of its calls for each purpose.

It uses nothing of ours but what is asked, for it runs in MLflow's environment.
"""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from mlflow import MlflowClient  # pyright: ignore[reportMissingImports]  # `make bench-peers` installs it
from mlflow.entities import Metric, Param, Run  # pyright: ignore[reportMissingImports]

from tests.benchmarks.peers.peer import (
    LARGE_NAME,
    LISTED,
    OPTIMIZERS,
    POINT_KEYS,
    POINTS,
    RUNS,
    SERIES_POINTS,
    STEPS,
    hyperparameters,
    metrics,
    points,
)

_BATCH_METRICS = 1_000  # as many as `log_batch` takes
_FILLING_THREADS = 8


class MLflowPeer:
    """An MLflow server by its URI; see `Peer`."""

    def __init__(self, address: str) -> None:
        self._client = MlflowClient(tracking_uri=address)
        self._experiment = self._experiment_of("peers")
        self._filled = self._experiment
        self._steps = count()
        self._run_id = self._artifacts = self._read_id = self._series_id = ""

    def fill(self) -> None:
        self._filled = self._experiment_of("filled")
        with ThreadPoolExecutor(_FILLING_THREADS) as threads:
            self._read_id = list(threads.map(self._fill_one, range(RUNS)))[-1]
        self._series_id = self._client.create_run(self._experiment).info.run_id
        for first in range(0, SERIES_POINTS, _BATCH_METRICS):
            batch = [_metric("loss", 1 / (step + 1), step) for step in range(first, first + _BATCH_METRICS)]
            self._client.log_batch(self._series_id, metrics=batch)
        self._client.create_registered_model("versions")

    def _fill_one(self, number: int) -> str:
        run_id: str = self._client.create_run(self._filled).info.run_id
        logged = [_metric(key, value, step) for step in range(STEPS) for key, value in metrics(number, step).items()]
        params = [Param(key, str(value)) for key, value in hyperparameters(number).items()]
        self._client.log_batch(run_id, metrics=logged, params=params)
        return run_id

    def begin(self) -> None:
        info = self._client.create_run(self._experiment).info
        self._run_id, self._artifacts = info.run_id, info.artifact_uri

    def log_point(self) -> None:
        self._client.log_metric(self._begun(), "loss", 0.5, step=next(self._steps))

    def log_points(self) -> None:
        steps = [next(self._steps) for _ in range(POINTS // POINT_KEYS)]
        batch = [_metric(key, value, step) for step in steps for key, value in points(step).items()]
        self._client.log_batch(self._begun(), metrics=batch)

    def create_run(self) -> None:
        self._client.create_run(self._experiment)

    def create_model(self) -> None:
        self._client.create_registered_model(f"model-{uuid.uuid4().hex}")

    def create_version(self) -> None:
        run_id = self._begun()
        # Without waiting, which would ask once more whether it is ready.
        self._client.create_model_version("versions", f"{self._artifacts}/model", run_id, await_creation_for=0)

    def get_run(self) -> None:
        _looked_at([self._client.get_run(self._read_id)])

    def list_some(self) -> None:
        found = self._client.search_runs([self._filled], max_results=LISTED)
        _looked_at(found)
        assert len(found) == LISTED

    def search(self) -> None:
        wanted = f"metrics.metric_3 < 0.5 and params.optimizer = '{OPTIMIZERS[0]}'"
        order = ["metrics.metric_3 DESC"]
        found = self._client.search_runs([self._filled], wanted, max_results=LISTED, order_by=order)
        _looked_at(found)
        assert len(found) == LISTED

    def list_all(self) -> None:
        found = self._client.search_runs([self._filled], max_results=RUNS)
        _looked_at(found)
        assert len(found) == RUNS

    def read_series(self) -> None:
        assert len(self._client.get_metric_history(self._series_id, "loss")) == SERIES_POINTS

    def upload(self, path: Path) -> None:
        self._client.log_artifact(self._begun(), str(path))

    def download(self, folder: Path) -> None:
        self._client.download_artifacts(self._begun(), LARGE_NAME, str(folder))

    def close(self) -> None:
        """Nothing is open: each call is a request of its own."""

    def _experiment_of(self, name: str) -> str:
        found = self._client.get_experiment_by_name(name)
        experiment_id: str = found.experiment_id if found else self._client.create_experiment(name)
        return experiment_id

    def _begun(self) -> str:
        if not self._run_id:
            self.begin()
        return self._run_id


def _metric(key: str, value: float, step: int) -> Metric:
    return Metric(key, value, int(time.time() * 1000), step)


def _looked_at(runs: list[Run]) -> None:
    for run in runs:
        assert run.data.metrics is not None
        assert run.data.params is not None
