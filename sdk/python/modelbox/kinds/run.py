"""Runs: one training each, with its status, source, hyperparameters and checkpoints."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isnan
from time import time
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypedDict, Unpack

from modelbox.client_calls import ClientCalls
from modelbox.enums import RunStatus
from modelbox.errors import InvalidFieldError, NotFoundError
from modelbox.fields import check_labels, check_text, check_time
from modelbox.finding import found
from modelbox.ids import drawn_id
from modelbox.keyed import KeyedObject, Keys
from modelbox.kinds.checkpoint import HasCheckpoints, checkpoints_section
from modelbox.listed import Listed
from modelbox.logged import wire_hyperparameters
from modelbox.logged_object import LoggedObject, id_of
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, kind_named, times_of
from modelbox.other_words import RUN_WORDS, knows, takes
from modelbox.parameters import About, filled
from modelbox.proto import modelstore_pb2 as pb
from modelbox.run_ends import ABOUT_HEARTBEAT, Ends, Process, own
from modelbox.run_source import (
    ABOUT_DIFFERENCE,
    ABOUT_SOURCE,
    keep_difference,
    source_meant,
    source_of,
    source_sections,
    wire_source,
)
from modelbox.sections import ROWS_MAX, events_of, files_of, hyperparameters_of, latest_of, lineage_of, metrics_of
from modelbox.selection import (
    ChildListFields,
    Filter,
    KeyedListFields,
    KeyedNamespaceListFields,
    ListFields,
    NamespaceListFields,
    quoted_key,
)
from modelbox.sending import create, deliver
from modelbox.session import Session
from modelbox.shown import Section, Table
from modelbox.transport.methods import LOG_HYPERPARAMETERS, Method
from modelbox.values import Labels, Source
from modelbox.wire import timestamp_of

if TYPE_CHECKING:
    from modelbox.kinds.experiment import Experiment

_TABLE: Final = (
    *("id", "name", "status", "namespace", "experiment_id", "parent_id", "owner", "comment", "reason"),
    *("started_at", "ended_at", "duration_s"),
)
"""The columns of each run in a table of pandas."""


class RunFields(TypedDict, total=False):
    """What a run can be started with."""

    hyperparameters: Annotated[Any, About("See `Run.log_hyperparameters`.")]
    parent: Annotated["Run | str", About("The run that this one is part of, or its id.", "")]
    comment: Annotated[str, About("What it is, or why it is made.", "")]
    owner: Annotated[str, About("Who answers for it.", "")]
    labels: Annotated[Labels | None, About("A text, number or bool for each name.")]
    metadata: Annotated[Mapping[str, Any] | None, About("A JSON value for each key.")]
    source: Annotated[Source | bool, ABOUT_SOURCE]
    source_diff: Annotated[bool, ABOUT_DIFFERENCE]
    heartbeat: Annotated[bool, ABOUT_HEARTBEAT]
    started_at: Annotated[
        float | datetime | None,
        About(
            "When it began, for one that is brought from elsewhere: seconds since the epoch or an aware datetime; now, "
            "unless given."
        ),
    ]
    external_id: Annotated[str, About("The id of the same run in another tracker.", "")]
    id: Annotated[
        str,
        About(
            "A UUID drawn before; a run that has it already is returned as it is, with `exists` set. If the end of its "
            "program ended it, or an exception that left its block, it goes on.",
            "",
        ),
    ]


@knows(RUN_WORDS)
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run(KeyedObject, Ends, HasCheckpoints):
    """A run of an experiment: one training.

    In a `with` statement it is ended as finished, or as failed or killed where an exception leaves the block; then it
    goes on when it is started again with its `id`, as one does that its program ended:

        with experiment.new_run(hyperparameters={"lr": 0.01}) as run:
            run.log_metrics({"loss": 0.5}, step=1)

    Without one, the end of the program ends it: as finished, or as failed or killed by an uncaught error or `sys.exit`
    with another code than 0. Only the program that started or resumed it with a heartbeat does so; whoever opened the
    run by its id, forked or is a worker ends nothing. A copy, pickled or not, is the same run, opened by its id: what a
    worker logs on it, the worker sends. `ModelBox.flush` waits for workers that have ended; joblib's live on, so have
    each call `run.wait_for_files()` last, or open the run with a client in a `with` of its own.

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
    _process: Process = field(default_factory=Process, repr=False, compare=False)

    def experiment(self) -> "Experiment":
        """Return the experiment that the run is of."""
        of: Experiment = kind_named("experiment").read_id(self._session, self.experiment_id)
        return of

    def parent(self) -> "Run | None":
        """Return the run that this one is part of, None if there is none."""
        return RUNS.read_id(self._session, self.parent_id) if self.parent_id else None

    @takes()
    def new_child(self, name: str = "", **of: Unpack[RunFields]) -> "Run":
        """Start a run that is part of this one, such as a fold or a trial.

        Args:
            name: Two words and some digits, unless given.
        """
        fields: RunFields = {**of, "parent": self}
        return new_run(self._session, self.experiment_id, name, namespace=self.namespace, **fields)

    @takes()
    def children(self, filter: Filter = "", **which: Unpack[ChildListFields]) -> "Listed[Run]":  # noqa: A002
        """Return the runs that are part of this one, the oldest first."""
        given = {"filter": filter, **filled(ChildListFields, which)}
        return RUNS.listed(self._session, given, {"experiment_id": self.experiment_id, "parent_id": self.id})

    def _checkpoint_parent(self) -> dict[str, Any]:
        return {"run_id": self.id}

    def _experiment_id(self) -> str:
        return self.experiment_id

    def _facts(self) -> dict[str, object]:
        return {**KeyedObject._facts(self), "duration": took(self)}  # noqa: SLF001  # of this object

    def _sections(self) -> Iterable[Section]:
        yield hyperparameters_of(self)
        yield metrics_of(self)
        yield Section("children", run_table(self.children(limit=ROWS_MAX)))
        yield checkpoints_section(self)
        yield events_of(self)
        yield files_of(self, is_open=False)
        yield lineage_of(self, is_open=False)
        yield from source_sections(self.source)


CREATE_RUN: Final = Method(
    "CreateRun", pb.CreateRunRequest, pb.CreateRunResponse, writes=True, makes=lambda request: request.id
)
RUNS: Final = Kind(
    "run",
    Run,
    pb.Run,
    get=Method("GetRun", pb.GetRunRequest, pb.GetRunResponse),
    list=Method("ListRuns", pb.ListRunsRequest, pb.ListRunsResponse),
    readers={"status": lambda run: RunStatus(run.status), "source": source_of, "_keys": Keys},
    part_of="experiment",
    place=2,
)


class HasRuns(LoggedObject):
    """An object that runs are of: an experiment."""

    __slots__ = ()

    name: str
    namespace: str

    @takes()
    def new_run(self, name: str = "", **of: Unpack[RunFields]) -> Run:
        """Start a run. While the server is away it is created later, and returned as it was given.

        Args:
            name: Two words and some digits, unless given.

        Raises:
            InvalidFieldError: An argument breaks a rule.
        """
        return new_run(self._session, self.id, name, namespace=self.namespace, **of)

    def run(self, id: str) -> Run:  # noqa: A002  # its name on the wire
        """Return one run of this experiment, by its id, the first digits of that, or its name.

        Raises:
            NotFoundError: There is none, or it is of another experiment.
            InvalidFieldError: There are several; their ids are told.
        """
        where = f"experiment {self.name!r}"
        run = found(RUNS, self._session, id, where=where, apart=_told_apart, scope={"experiment_id": self.id})
        if run.experiment_id != self.id:
            problem = f"run {run.id} is of experiment {run.experiment_id}, not of {self.id}"
            raise NotFoundError(f"id: {problem}", field="id")
        return run

    @takes()
    def runs(self, filter: Filter = "", **which: Unpack[KeyedListFields]) -> Listed[Run]:  # noqa: A002
        """Return the runs, newest first."""
        return RUNS.listed(self._session, {"filter": filter, **which}, {"experiment_id": self.id})

    @takes()
    def runs_dataframe(self, filter: Filter = "", **which: Unpack[ListFields]) -> Any:  # noqa: A002
        """Return the runs as a `pandas.DataFrame` with a row a run.

        Its columns are the run's own, then `labels.<name>`, `params.<name>` and `metrics.<key>`, the newest numbers.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        return _dataframe(self.runs(filter, **which, all_keys=True))

    @takes()
    def best_run(self, metric: str, mode: Literal["max", "min"] = "max", filter: Filter = "") -> Run | None:  # noqa: A002
        """Return the run whose best value of a metric is the best of all, None if no run has the metric.

        Args:
            metric: The metric's key.
            mode: "max" where more is better, "min" where less is.
            filter: Only among these runs.
        """
        if mode not in {"max", "min"}:
            raise InvalidFieldError.of("mode", f"{str(mode)[:80]!r} is neither max nor min")
        order = f"metrics.{quoted_key(metric)}.{mode} {'desc' if mode == 'max' else 'asc'}"
        which = {"filter": filter, "order_by": order, "limit": 1}
        # Those that lack what they are ordered by come last. Nobody wrote an order: what nothing has is the metric.
        first = RUNS.listed(self._session, which, {"experiment_id": self.id}, named={"order_by": "metric"})
        summary = first[0].metric_summaries.get(metric) if first else None
        return first[0] if summary is not None and not isnan(getattr(summary, mode)) else None


class RunCalls(ClientCalls):
    """What a client does with runs; `start_run` is with experiments, which it creates."""

    def run(self, id: str, *, namespace: str = "") -> Run:  # noqa: A002  # as `experiment`
        """Return one run, by its id, the first digits of that, or its name in a namespace.

        Raises:
            NotFoundError: There is none.
            InvalidFieldError: There are several; their ids are told.
        """
        where = self._session.within(namespace)
        return found(
            RUNS, self._session, id, where=f"namespace {where!r}", apart=_told_apart, scope={"namespace": where}
        )

    @takes()
    def runs(
        self,
        namespace: str | None = None,
        *,
        all_namespaces: bool = False,
        **which: Unpack[KeyedNamespaceListFields],
    ) -> Listed[Run]:
        """Return the runs of a namespace, newest first.

        Without a namespace they are those of all namespaces, unless the client was given one of its own.

        Args:
            all_namespaces: The runs of all namespaces in any case.
        """
        where = self._session.namespace_given if namespace is None else self._session.within(namespace)
        where = "" if all_namespaces else where
        return RUNS.listed(self._session, which, {"namespace": where, "all_namespaces": not where})

    @takes()
    def runs_dataframe(self, namespace: str | None = None, **which: Unpack[NamespaceListFields]) -> Any:
        """Return the runs as a `pandas.DataFrame` with a row a run; see `runs`.

        Its columns are the run's own, then `labels.<name>`, `params.<name>` and `metrics.<key>`, the newest numbers.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        return _dataframe(self.runs(namespace, **which, all_keys=True))


def new_run(session: Session, experiment_id: str, name: str, *, namespace: str, **of: Unpack[RunFields]) -> Run:
    """Start a run; see `Experiment.new_run`."""
    given = filled(RunFields, of)
    run_id, heartbeat = given["id"], given["heartbeat"]
    meant = source_meant(given["source"])
    params, started_at = given["hyperparameters"], given["started_at"]
    described = [] if params is None else list(wire_hyperparameters(session, params))
    request = pb.CreateRunRequest(
        id=check_text("id", run_id) or drawn_id(),
        experiment_id=experiment_id,
        name=check_text("name", name),
        parent_id=id_of("parent", given["parent"]),
        started_at=timestamp_of(time() if started_at is None else check_time("started_at", started_at)),
        source=wire_source(meant.source),
        comment=check_text("comment", given["comment"]),
        owner=check_text("owner", given["owner"]),
        labels=check_labels(given["labels"]),
        metadata=pb.Metadata(json=encode_metadata(given["metadata"] or {})),
        hyperparameters=described[0] if described else [],
        external_id=check_text("external_id", given["external_id"]),
        begun_at=timestamp_of(time()) if run_id else None,
        sends_heartbeats=heartbeat,
    )
    response = create(session, CREATE_RUN, request)
    for part in described[1:] if response is None or not response.exists else ():
        more = pb.LogHyperparametersRequest(parent_id=request.id, hyperparameters=part)
        deliver(session, LOG_HYPERPARAMETERS, more)
    if response is not None and response.exists:
        run = RUNS.read(session, pb.GetRunRequest(id=response.id), given=request)
        # Whoever starts a run again with its id goes on with it, after its program was killed too.
        if heartbeat and not run.status.ended:
            own(session, run.id, experiment_id=experiment_id, name=request.name)
        return run
    # Without an answer, a run whose id was drawn before may be there already, with the source of its own beginning.
    if given["source_diff"] and (response is not None or not run_id):
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


def run_table(runs: Sequence[Run]) -> Table:
    """Return runs in short: how each is, how long it took, its newest metrics."""
    rows = [(run.name, run.status.name.lower(), run.started_at, took(run), latest_of(run)) for run in runs]
    return Table(("run", "status", "started", "duration", "metrics"), rows)


def took(run: Run) -> timedelta | None:
    """Return how long a run took; None while it runs."""
    return None if run.ended_at is None else run.ended_at - run.started_at


def _dataframe(runs: Iterable[Run]) -> Any:
    # Loaded when it is used: few programs ask for tables.
    from modelbox.dataframes import keyed_dataframe  # noqa: PLC0415  # see above

    return keyed_dataframe([_row_of(run) for run in runs], _TABLE)


def _row_of(run: Run) -> dict[str, Any]:
    taken = took(run)
    return {
        **{name: getattr(run, name) for name in _TABLE if name != "duration_s"},
        "status": run.status.name.lower(),
        "duration_s": None if taken is None else taken.total_seconds(),
        **{f"labels.{name}": value for name, value in run.labels.items()},
        **{f"params.{name}": value for name, value in run.params.items()},
        **{f"metrics.{key}": summary.latest for key, summary in run.metric_summaries.items()},
    }


def _told_apart(runs: Sequence[Run]) -> list[str]:
    """Return of each run what tells it from others of its name."""
    parents = {run.parent_id: run.parent() for run in runs if run.parent_id}
    names = {parent_id: parent.name for parent_id, parent in parents.items() if parent is not None}
    return [
        f"{run.id} ({run.status.name.lower()}, began {run.started_at:%Y-%m-%d %H:%M:%S} UTC"
        f"{f', of {names[run.parent_id]}' if run.parent_id else ''})"
        for run in runs
    ]
