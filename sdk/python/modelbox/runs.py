"""Runs: one training each, with its status, source, hyperparameters and checkpoints."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from time import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypedDict, Unpack

from modelbox.capture.resources import INTERVAL_S_DEFAULT, ResourceLogger, log_resources
from modelbox.checkpoints import HasCheckpoints
from modelbox.enums import RunStatus
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_labels, check_text, check_time
from modelbox.foreign import asked
from modelbox.ids import drawn_id
from modelbox.keyed import KeyedObject, Keys
from modelbox.logged import wire_hyperparameters
from modelbox.logged_object import id_of
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, OrderBy, StoredObject, selection, times_of
from modelbox.open_runs import outcome_of
from modelbox.other_words import takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.run_ends import disown, own, reason_text
from modelbox.run_source import keep_difference, source_meant, source_of, wire_source
from modelbox.sending import ask, create, deliver
from modelbox.session import Session
from modelbox.transport import methods
from modelbox.values import Labels, Source
from modelbox.wire import time_of, timestamp_of

if TYPE_CHECKING:
    from modelbox.experiments import Experiment


_NOWHERE: Final = -1


class _Process:
    """The process that a `Run` was made in, and whether the run was ended there."""

    def __init__(self, pid: int | None = None) -> None:
        self.pid: Final = os.getpid() if pid is None else pid
        self.ended = False

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # Where it lands is another process, even if it has the same number: it did not begin the run.
        return _Process, (_NOWHERE,)


class RunFields(TypedDict, total=False):
    """What a run can be started with; see `Experiment.new_run`."""

    hyperparameters: Any
    parent: "Run | str"
    comment: str
    owner: str
    labels: Labels | None
    metadata: Mapping[str, Any] | None
    source: Source | bool
    source_diff: bool
    heartbeat: bool
    started_at: float | datetime | None
    external_id: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run(KeyedObject, HasCheckpoints):
    """A run of an experiment: one training.

    In a `with` statement it is ended as finished, or as failed or killed where an exception leaves the block; then it
    goes on when it is started again with its `id`, as one does that its program ended:

        with experiment.new_run(hyperparameters={"lr": 0.01}) as run:
            run.log_metrics({"loss": 0.5}, step=1)

    Without one, the end of the program ends it: as finished, or as failed or killed by an uncaught error or `sys.exit`
    with another code than 0. Only the program that started or resumed it with a heartbeat does so; whoever opened the
    run by its id, forked or is a worker ends nothing. A copy, pickled or not, is the same run, opened by its id.

    Everything is as it was when the run was read, but for what this object changes: `finish`, `resume`, `update`.
    `metric_summaries` and `params` are its metrics in short and its hyperparameters; `refreshed` reads what was logged
    since then.
    """

    experiment_id: str
    name: str
    owner: str = field(hash=False)
    status: RunStatus = field(hash=False)  # what `finish` changes says nothing of which run it is
    started_at: datetime
    ended_at: datetime | None = field(hash=False)
    last_heard_of_at: datetime | None
    parent_id: str
    external_id: str = field(repr=False)
    source: Source | None = field(repr=False)
    comment: str = field(hash=False)
    reason: str = field(hash=False)
    _process: _Process = field(default_factory=_Process, repr=False, compare=False)

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

    def resume(self, reason: str = "", *, heartbeat: bool = True, reopen: bool = False) -> Self:
        """Take up a run that failed, was killed, is lost, or ended with its program; it is running again.

        Args:
            heartbeat: Say that the run is alive until it ends, with this program at the latest.
            reopen: Take it up although somebody has finished it.

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
        return self.refreshed()

    def log_resources(self, *, interval_s: float = INTERVAL_S_DEFAULT) -> ResourceLogger:
        """Log the load of the machine, of this process and of its GPUs as metrics `system/…`, until the run ends.

        A thread of its own does so; the training does not wait for it. Doing so again returns the one that runs.

        Raises:
            MissingPackageError: psutil is not installed: `pip install 'modelbox[resources]'`.
        """
        return log_resources(self, interval_s=interval_s)

    def experiment(self) -> "Experiment":
        """Return the experiment that the run is of."""
        # Experiments know their runs.
        from modelbox.experiments import EXPERIMENTS  # noqa: PLC0415  # see above

        return EXPERIMENTS.read(self._session, pb.GetExperimentRequest(id=self.experiment_id))

    @takes(*RunFields.__annotations__)
    def new_child(self, name: str = "", **of: "Unpack[RunFields]") -> "Run":
        """Start a run that is part of this one, such as a fold or a trial.

        Args:
            of: hyperparameters, labels, metadata, comment, owner, id, source, source_diff, heartbeat, started_at,
                external_id; each as `Experiment.new_run` describes it.
        """
        fields: RunFields = {**of, "parent": self}
        return new_run(self._session, self.experiment_id, name, namespace=self.namespace, **fields)

    def parent(self) -> "Run | None":
        """Return the run that this one is part of, None if there is none."""
        return RUNS.read(self._session, pb.GetRunRequest(id=self.parent_id)) if self.parent_id else None

    @takes()
    def children(
        self,
        filter: str = "",  # noqa: A002  # the word of every list
        *,
        order_by: OrderBy = "created_at",
        include_deleted: bool = False,
        all_keys: bool = False,
        limit: int | None = None,
    ) -> "list[Run]":
        """Return the runs that are part of this one, the oldest first; see `ModelBox.experiments` for the arguments."""
        selected = selection(filter=filter, order_by=order_by, include_deleted=include_deleted, all_keys=all_keys)
        request = pb.ListRunsRequest(experiment_id=self.experiment_id, parent_id=self.id, **selected)
        return RUNS.read_all(self._session, request, limit=limit)

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

    def _checkpoint_parent(self) -> dict[str, Any]:
        return {"run_id": self.id}

    def _experiment_id(self) -> str:
        return self.experiment_id


RUNS: Final = Kind(
    Run,
    pb.Run,
    get=methods.GET_RUN,
    list=methods.LIST_RUNS,
    readers={
        "status": lambda run: RunStatus(run.status),
        "source": source_of,
        "_keys": Keys,
    },
)


def new_run(
    session: Session,
    experiment_id: str,
    name: str,
    *,
    namespace: str,
    hyperparameters: Any = None,
    parent: Run | str = "",
    comment: str = "",
    owner: str = "",
    labels: Labels | None = None,
    metadata: Mapping[str, Any] | None = None,
    source: Source | bool = True,
    source_diff: bool = True,
    heartbeat: bool = True,
    started_at: float | datetime | None = None,
    external_id: str = "",
    id: str = "",  # noqa: A002  # its name on the wire
) -> Run:
    """Start a run; see `Experiment.new_run`."""
    meant = source_meant(source)
    described = [] if hyperparameters is None else list(wire_hyperparameters(session, hyperparameters))
    request = pb.CreateRunRequest(
        id=check_text("id", id) or drawn_id(),
        experiment_id=experiment_id,
        name=check_text("name", name),
        parent_id=id_of("parent", parent),
        started_at=timestamp_of(time() if started_at is None else check_time("started_at", started_at)),
        source=wire_source(meant.source),
        comment=check_text("comment", comment),
        owner=check_text("owner", owner),
        labels=check_labels(labels),
        metadata=pb.Metadata(json=encode_metadata(metadata or {})),
        hyperparameters=described[0] if described else [],
        external_id=check_text("external_id", external_id),
        begun_at=timestamp_of(time()) if id else None,
        sends_heartbeats=heartbeat,
    )
    response = create(session, methods.CREATE_RUN, request)
    for part in described[1:] if response is None or not response.exists else ():
        more = pb.LogHyperparametersRequest(parent_id=request.id, hyperparameters=part)
        deliver(session, methods.LOG_HYPERPARAMETERS, more)
    if response is not None and response.exists:
        found = RUNS.read(session, pb.GetRunRequest(id=response.id), given=request)
        # Whoever starts a run again with its id goes on with it, after its program was killed too.
        if heartbeat and not found.status.ended:
            own(session, found.id, experiment_id=experiment_id, name=request.name)
        return found
    # Without an answer, a run whose id was drawn before may be there already, with the source of its own beginning.
    if source_diff and (response is not None or not id):
        keep_difference(session, request.id, meant.tree)
    if heartbeat:
        own(session, request.id, experiment_id=experiment_id, name=request.name)
    created = pb.Run(
        id=request.id,
        experiment_id=experiment_id,
        namespace=namespace,
        name=request.name if response is None else response.name,
        status=RunStatus.RUNNING.name,
        started_at=request.started_at,
        parent_id=request.parent_id,
        source=request.source if request.HasField("source") else None,
        comment=request.comment,
        owner=request.owner,
        labels=request.labels,
        hyperparameters=request.hyperparameters,
        external_id=request.external_id,
        **times_of(response),
    )
    return RUNS.of(session, created, exists=False)
