"""How a run is taken care of by the process that began or resumed it, and how it ends with the program."""

import logging
import os
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from time import time
from types import TracebackType
from typing import Any, Final, Self

from modelbox.capture.resources import INTERVAL_S_DEFAULT, ResourceLogger, log_resources, stop_resources
from modelbox.enums import RunStatus
from modelbox.errors import InvalidFieldError, ModelBoxError
from modelbox.fields import check_time
from modelbox.foreign import asked, utf8
from modelbox.limits import REASON_CHARS_MAX
from modelbox.objects import StoredObject
from modelbox.open_runs import Outcome, let_go, outcome_of
from modelbox.other_words import takes
from modelbox.parameters import About
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask, deliver
from modelbox.session import Session
from modelbox.transport import methods
from modelbox.wire import time_of, timestamp_of

ABOUT_HEARTBEAT: Final = About(
    "Say that the run is alive until it ends; one that was not heard of for 60 seconds shows as lost.", default=True
)

_NOWHERE: Final = -1
_log: Final = logging.getLogger("modelbox")


class Process:
    """The process that an object of a run was made in, and whether the run was ended there."""

    def __init__(self, pid: int | None = None) -> None:
        self.pid: Final = os.getpid() if pid is None else pid
        self.ended = False

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Where it lands is another process, even if it has the same number: it did not begin the run.
        return Process, (_NOWHERE,)


def own(session: Session, run_id: str, *, experiment_id: str = "", name: str = "") -> None:
    """Say that a run is alive until it ends, at the latest with this program."""
    session.heartbeat.start(run_id)
    session.open_runs.begin(run_id, partial(_end_with_program, session, run_id), experiment_id=experiment_id, name=name)


def disown(session: Session, run_id: str) -> None:
    """Let a run go that somebody ends."""
    let_go(run_id)
    session.heartbeat.stop(run_id)
    stop_resources(run_id)


def reason_text(reason: object) -> str:
    """Return why a run ended, as it can be sent.

    It is mostly an error's message, which may be anything; what is wrong with it must not hide the end itself.
    """
    return utf8(reason).replace("\0", "\ufffd")[:REASON_CHARS_MAX]


def _end_with_program(session: Session, run_id: str, outcome: Outcome) -> None:
    """End a run that nobody has ended; whoever knows its id may resume it."""
    disown(session, run_id)
    status, reason = outcome
    request = pb.SetRunStatusRequest(
        id=run_id, status=status.name, at=timestamp_of(time()), reason=reason_text(reason), at_exit=True
    )
    try:
        deliver(session, methods.SET_RUN_STATUS, request)
    except ModelBoxError as error:
        # The program ends, whatever the server says.
        _log.warning("run %s was not ended: %s", run_id, error)


class Ends(StoredObject):
    """What a run has of its end: it is ended, taken up again, and ended by leaving its block."""

    __slots__ = ()

    status: RunStatus
    started_at: datetime
    _process: Process

    def log_metrics(
        self, metrics: Mapping[str, Any], step: Any = None, wallclock: float | datetime | None = None
    ) -> None:
        """Log one point a key; see `Model.log_metrics`.

        Of a run that has ended they are kept too, which is warned about once and counted (`Delivery.after_end`).
        """
        if self.status is not RunStatus.RUNNING and self.status.ended:
            self._session.after_end.note(self.id, self.status.name.lower(), asked(lambda: len(metrics), 0))
        StoredObject.log_metrics(self, metrics, step, wallclock)

    @takes()
    def finish(
        self,
        status: RunStatus | str = RunStatus.FINISHED,
        reason: str = "",
        *,
        ended_at: float | datetime | None = None,
    ) -> None:
        """End the run. Returns at once, also while the server is away; `flush` waits for the answer.

        Args:
            status: "finished", "failed" or "killed".
            reason: Why, such as the error that ended it.
            ended_at: When it ended, seconds since the epoch or an aware datetime; now, unless given.

        Raises:
            InvalidFieldError: The status is not one that ends a run, or the time is none.
        """
        ended = RunStatus.parse(status, field="status", offered=[one for one in RunStatus if one.ended])
        if not ended.ended:
            problem = f"{ended.name.lower()!r} does not end a run; give finished, failed or killed"
            raise InvalidFieldError.of("status", problem)
        at = timestamp_of(time() if ended_at is None else check_time("ended_at", ended_at))
        self._end(pb.SetRunStatusRequest(id=self.id, status=ended.name, at=at, reason=reason_text(reason)))

    def _end(self, request: pb.SetRunStatusRequest) -> None:
        self._process.ended = True
        disown(self._session, self.id)
        deliver(self._session, methods.SET_RUN_STATUS, request)
        self._become(status=RunStatus(request.status), ended_at=time_of(request.at), reason=request.reason)

    def resume(
        self, reason: str = "", *, heartbeat: bool = True, reopen: bool = False, skip_logged: bool = False
    ) -> Self:
        """Take up a run that failed, was killed, is lost, or ended with its program; it is running again.

        Args:
            heartbeat: Say that the run is alive until it ends, with this program at the latest.
            reopen: Take it up although somebody has finished it.
            skip_logged: Leave out, with this client, what is logged at steps up to the last that a metric has: those
                after the checkpoint that the training goes on from, which it repeats. Told once a metric.

        Raises:
            RunEndedError: The run was finished, and `reopen` is not given.
        """
        request = pb.SetRunStatusRequest(
            id=self.id,
            status=RunStatus.RUNNING.name,
            at=timestamp_of(time()),
            reason=reason_text(reason),
            reopen=reopen,
            sends_heartbeats=heartbeat,
        )
        ask(self._session, methods.SET_RUN_STATUS, request)
        self._process.ended = False
        self._become(status=RunStatus.RUNNING, ended_at=None, reason="")
        if heartbeat:
            own(self._session, self.id)
        again = self.refreshed()
        self._session.metrics.skip_logged(self.id, getattr(again, "metric_summaries", {}) if skip_logged else {})
        return again

    def log_resources(self, *, interval_s: float = INTERVAL_S_DEFAULT) -> ResourceLogger:
        """Log the load of the machine, of this process and of its GPUs as metrics `system/…`, until the run ends.

        A thread of its own does so; the training does not wait for it. Doing so again returns the one that runs.

        Raises:
            MissingPackageError: psutil is not installed: `pip install 'modelbox[resources]'`.
        """
        return log_resources(self, interval_s=interval_s)

    @property
    def began_here(self) -> bool:
        """Whether this object was made in this process: a forked child's, and one that was pickled, was not."""
        return self._process.pid == os.getpid()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A forked child that leaves the block has not ended the training; nor is a run ended twice.
        if self._process.ended or not self.began_here:
            return
        status, reason = outcome_of(error)
        # Who leaves the block by an error has not said how the run did: it broke off, as with the end of its program.
        is_broken_off = status is not RunStatus.FINISHED
        at = timestamp_of(time())
        self._end(
            pb.SetRunStatusRequest(
                id=self.id, status=status.name, at=at, reason=reason_text(reason), at_exit=is_broken_off
            )
        )
