"""A server that is a function of the test, and a folder of journals for it."""

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic

from modelbox.delivery.attempts import Attempts
from modelbox.delivery.columns import points_of
from modelbox.delivery.courier import Courier
from modelbox.delivery.reachability import Reachability
from modelbox.delivery.takeover import Takeover
from modelbox.errors import NotFoundError, UnavailableError
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import METRICS, Record
from modelbox.proto import modelstore_pb2 as pb

ADDRESS = "server:8085"
WAIT_S = 20


class Server:
    """Records each key once, as the real one does; knows objects that a `CreateRun` named, and "known"."""

    def __init__(self, *, away: bool = False) -> None:
        self.away = away
        self.loses_answers = 0
        self.objects = {"known"}
        self.tries: list[str] = []
        self.recorded: dict[str, Record] = {}
        self._lock = threading.Lock()

    def send(self, record: Record) -> bytes:
        with self._lock:
            self.tries.append(record.key)
            if self.away:
                raise UnavailableError("away")
            if record.key not in self.recorded:
                self._record(record)
            if self.loses_answers:
                self.loses_answers -= 1
                raise UnavailableError("cut off")
            return record.method.encode()

    def _record(self, record: Record) -> None:
        is_batch = record.method == METRICS
        name = pb.LogMetricsBatchRequest.FromString(record.request).parent_id if is_batch else record.request.decode()
        if record.method == "CreateRun":
            self.objects.add(name)
        if name not in self.objects:
            raise NotFoundError(f"there is no {name}", reason="OBJECT_NOT_FOUND")
        self.recorded[record.key] = record

    @property
    def steps(self) -> list[int]:
        """The steps of all points, in the order of their recording."""
        batches = [record.request for record in self.recorded.values() if record.method == METRICS]
        return [point.step for batch in batches for point in points_of(pb.LogMetricsBatchRequest.FromString(batch))]


def folder_of(path: Path) -> JournalFolder:
    return JournalFolder(JournalSettings(path, free_bytes_min=0), ADDRESS)


def close(courier: Courier) -> None:
    courier.close(timeout_s=WAIT_S, cut=lambda: None)


def until(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + WAIT_S
    while not condition():
        assert monotonic() < deadline
        threading.Event().wait(0.005)


Make = Callable[[Server], Courier]
"""Makes a courier of a server; the fixture `make` is one."""


def log(courier: Courier, steps: range, *, object_id: str = "known") -> None:
    """Log a point of an object at each step."""
    for step in steps:
        courier.log(object_id, {"loss": 1.0}, step, None)


def takeover(server: Server, path: Path, *, away_s_max: float = WAIT_S) -> Takeover:
    """Return what takes over the journals of a folder."""
    attempts = Attempts(
        server.send, lambda _: False, stop=threading.Event(), reachability=Reachability(), away_s_max=away_s_max
    )
    return Takeover(folder_of(path), attempts)
