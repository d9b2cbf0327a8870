"""The load of the machine and of this process, logged as metrics while a run goes on.

A thread of its own takes a sample now and then; the training never waits for it, and what goes wrong in it is logged
once and ends it. It needs psutil (`pip install 'modelbox[resources]'`); GPUs are read where nvidia-ml-py and a driver
are there.
"""

import contextlib
import importlib
import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Protocol, Self

from modelbox.errors import ClosedError, MissingPackageError
from modelbox.readable import SYSTEM

INTERVAL_S_DEFAULT: Final = 10.0
"""From one sample to the next, in seconds."""

INTERVAL_S_MIN: Final = 0.1
"""The shortest time from one sample to the next, in seconds."""

STOP_TIMEOUT_S: Final = 2.0
"""How long `stop` waits for the thread, in seconds: a driver may not answer."""

GPUS_MAX: Final = 64
"""GPUs that are read."""

_log: Final = logging.getLogger(__name__)


class LoggedRun(Protocol):
    """What the logger needs of a run."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def started_at(self) -> datetime:
        """When the run began."""
        ...

    def log_metrics(self, metrics: Mapping[str, Any], step: Any = 0) -> None:
        """Log one point a key."""
        ...


class ResourceLogger:
    """Logs CPU, memory, disk, network and GPUs on a run under keys `system/…`, from its start until it is stopped.

    The step of a point is the run's age in whole seconds, so that a resumed run goes on where it was. In a forked
    child it is stopped. Use it in a `with` statement, or stop it.
    """

    def __init__(self, run: LoggedRun, *, interval_s: float = INTERVAL_S_DEFAULT) -> None:
        """Start.

        Raises:
            MissingPackageError: psutil is not installed.
            ValueError: The interval is shorter than `INTERVAL_S_MIN`.
        """
        if not interval_s >= INTERVAL_S_MIN:
            raise ValueError(f"interval_s is {interval_s}; the shortest is {INTERVAL_S_MIN}")
        self._run = run
        self._interval_s = interval_s
        self._machine = _Machine()
        self._gpus = _Gpus()
        self._stopping = threading.Event()
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._sample_until_stopped, name="modelbox-resources", daemon=True)
        try:
            self._thread.start()
        except RuntimeError as error:
            _log.warning("no thread can be started to sample the machine's load (%s): it is not logged", error)
            self._stopping.set()

    @property
    def is_running(self) -> bool:
        """Whether samples are taken."""
        return os.getpid() == self._pid and self._thread.is_alive() and not self._stopping.is_set()

    def stop(self) -> None:
        """Stop, after a last sample. Stopping again does nothing."""
        if os.getpid() != self._pid or self._stopping.is_set():
            return
        self._stopping.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(STOP_TIMEOUT_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _sample_until_stopped(self) -> None:
        try:
            while True:
                is_last = self._stopping.wait(self._interval_s)
                self._log_sample()
                if is_last:
                    return
        except ClosedError:
            _log.debug("the client was closed; resources are not logged any more")
        except Exception:  # noqa: BLE001  # whatever it is, the training must not notice it
            _log.exception("resources are not logged any more")
        finally:
            self._stopping.set()
            self._gpus.close()

    def _log_sample(self) -> None:
        age_s = (datetime.now(UTC) - self._run.started_at).total_seconds()
        sample = {f"{SYSTEM}{key}": value for key, value in (*self._machine.read(), *self._gpus.read())}
        # A clock that was set back must not make a step before the first.
        self._run.log_metrics(sample, step=max(0, int(age_s)))


_of_runs: Final[dict[str, ResourceLogger]] = {}


def log_resources(run: LoggedRun, *, interval_s: float = INTERVAL_S_DEFAULT) -> ResourceLogger:
    """Start the run's logger in this process, or return the one that runs; see `ResourceLogger`."""
    logger = _of_runs.get(run.id)
    if logger is None or not logger.is_running:
        logger = _of_runs[run.id] = ResourceLogger(run, interval_s=interval_s)
    return logger


def stop_resources(run_id: str) -> None:
    """Stop what `log_resources` started on the run, if anything."""
    logger = _of_runs.pop(run_id, None)
    if logger is not None:
        logger.stop()


class _Machine:
    """What psutil says of this process and its machine; rates are since the reading before."""

    def __init__(self) -> None:
        try:
            self._psutil: Any = importlib.import_module("psutil")
        except ImportError:
            raise MissingPackageError.of("psutil", "pip install 'modelbox[resources]'") from None
        self._process = self._psutil.Process()
        self._totals: dict[str, float] = {}
        self._read_at_s = time.monotonic()
        # The first answers of these are since when they were asked last: they are asked now.
        self._psutil.cpu_percent()
        self._process.cpu_percent()
        list(self._rates())

    def read(self) -> Iterator[tuple[str, float]]:
        memory = self._psutil.virtual_memory()
        yield "cpu/percent", self._psutil.cpu_percent()
        yield "memory/percent", memory.percent
        yield "memory/used_bytes", memory.used
        with self._process.oneshot():
            yield "process/cpu_percent", self._process.cpu_percent()
            yield "process/memory_bytes", self._process.memory_info().rss
            yield "process/threads", self._process.num_threads()
        with contextlib.suppress(OSError):  # the folder was removed under the process
            yield "disk/percent", self._psutil.disk_usage(os.getcwd()).percent  # noqa: PTH109  # as text
        yield from self._rates()

    def _rates(self) -> Iterator[tuple[str, float]]:
        now_s = time.monotonic()
        past_s = max(now_s - self._read_at_s, 1e-3)
        self._read_at_s = now_s
        for key, total in self._read_totals():
            before = self._totals.get(key)
            self._totals[key] = total
            if before is not None:
                # A counter of the system may begin again.
                yield f"{key}_bytes_per_s", max(0.0, total - before) / past_s

    def _read_totals(self) -> Iterator[tuple[str, float]]:
        # Each is missing on some systems, in containers too.
        disk, network = self._psutil.disk_io_counters(), self._psutil.net_io_counters()
        if disk is not None:
            yield from (("disk/read", disk.read_bytes), ("disk/write", disk.write_bytes))
        if network is not None:
            yield from (("network/received", network.bytes_recv), ("network/sent", network.bytes_sent))
        if hasattr(self._process, "io_counters"):
            io = self._process.io_counters()
            yield from (("process/read", io.read_bytes), ("process/write", io.write_bytes))


class _Gpus:
    """What NVML says of the GPUs; nothing where there is none."""

    def __init__(self) -> None:
        self._nvml: Any = None
        self._handles: list[Any] = []
        try:
            nvml: Any = importlib.import_module("pynvml")
        except ImportError:
            return
        try:
            nvml.nvmlInit()
        except nvml.NVMLError:  # no driver
            return
        self._nvml = nvml
        count = min(nvml.nvmlDeviceGetCount(), GPUS_MAX)
        self._handles = [nvml.nvmlDeviceGetHandleByIndex(index) for index in range(count)]

    def read(self) -> Iterator[tuple[str, float]]:
        for index, handle in enumerate(self._handles):
            for key, value in self._read_gpu(handle):
                yield f"gpu/{index}/{key}", value

    def close(self) -> None:
        if self._nvml is not None:
            self._nvml.nvmlShutdown()
            self._nvml, self._handles = None, []

    def _read_gpu(self, handle: Any) -> Iterator[tuple[str, float]]:
        nvml = self._nvml
        # A GPU may not have one of them.
        with contextlib.suppress(nvml.NVMLError):
            yield "percent", nvml.nvmlDeviceGetUtilizationRates(handle).gpu
        with contextlib.suppress(nvml.NVMLError):
            memory = nvml.nvmlDeviceGetMemoryInfo(handle)
            yield "memory_used_bytes", memory.used
            yield "memory_percent", 100 * memory.used / memory.total
        with contextlib.suppress(nvml.NVMLError):
            yield "temperature_celsius", nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)
        with contextlib.suppress(nvml.NVMLError):
            yield "power_watts", nvml.nvmlDeviceGetPowerUsage(handle) / 1_000
