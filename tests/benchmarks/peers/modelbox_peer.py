"""ModelBox as its users' programs use it."""

import uuid
from itertools import count
from pathlib import Path

from modelbox import Model, ModelBox, Run
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

_FLUSH_EVERY_STEPS = 5_000


class ModelBoxPeer:
    """A ModelBox server by its address; see `Peer`."""

    def __init__(self, address: str) -> None:
        self._box = ModelBox(address, namespace="peers")
        self._experiment = self._box.new_experiment("peers")
        self._filled = self._experiment
        self._steps = count()
        self._run: Run | None = None
        self._model: Model | None = None
        self._read_id = self._series_id = ""

    def fill(self) -> None:
        filled = self._box.new_experiment("filled")
        for number in range(RUNS):
            run = filled.new_run(source=False, heartbeat=False)
            run.log_hyperparameters(hyperparameters(number))
            for step in range(STEPS):
                run.log_metrics(metrics(number, step), step=step)
        long = self._experiment.new_run(source=False, heartbeat=False)
        for step in range(SERIES_POINTS):
            long.log_metrics({"loss": 1 / (step + 1)}, step=step)
            if step % _FLUSH_EVERY_STEPS == 0:
                self._box.flush()  # the buffer is bounded: a loop that does nothing but log would overrun it
        self._box.flush()
        self._read_id, self._series_id = filled.runs(limit=1)[0].id, long.id
        self._model = self._box.new_model("versions")
        self._filled = filled

    def begin(self) -> None:
        self._run = self._experiment.new_run(source=False, heartbeat=False)

    def log_point(self) -> None:
        self._begun().log_metrics({"loss": 0.5}, step=next(self._steps))
        self._box.flush()

    def log_points(self) -> None:
        run = self._begun()
        for _ in range(POINTS // POINT_KEYS):
            step = next(self._steps)
            run.log_metrics(points(step), step=step)
        self._box.flush()

    def create_run(self) -> None:
        self._experiment.new_run(source=False, heartbeat=False)

    def create_model(self) -> None:
        self._box.new_model(f"model-{uuid.uuid4().hex}")

    def create_version(self) -> None:
        assert self._model is not None
        self._model.new_model_version(run=self._begun())

    def get_run(self) -> None:
        _looked_at([self._box.run(self._read_id)])

    def list_some(self) -> None:
        found = self._filled.runs(limit=LISTED)
        _looked_at(found)
        assert len(found) == LISTED

    def search(self) -> None:
        wanted = f'metrics.metric_3 < 0.5 and params.optimizer = "{OPTIMIZERS[0]}"'
        found = self._filled.runs(wanted, order_by="metrics.metric_3 desc", limit=LISTED)
        _looked_at(found)
        assert len(found) == LISTED

    def list_all(self) -> None:
        found = self._filled.runs()
        _looked_at(found)
        assert len(found) == RUNS

    def read_series(self) -> None:
        assert len(self._box.object(self._series_id).metrics("loss")["loss"]) == SERIES_POINTS

    def upload(self, path: Path) -> None:
        self._begun().upload_artifact(path, artifact_path="")

    def download(self, folder: Path) -> None:
        self._begun().download_artifact(LARGE_NAME, folder)

    def close(self) -> None:
        self._box.close()

    def _begun(self) -> Run:
        if self._run is None:
            self.begin()
        assert self._run is not None
        return self._run


def _looked_at(runs: list[Run]) -> None:
    """Have metrics and hyperparameters decoded: an object that does so later has not saved anybody the time."""
    for run in runs:
        assert run.metric_summaries is not None
        assert run.params is not None
