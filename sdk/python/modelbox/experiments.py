"""Experiments, and what a client does with them and their runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Any, Final, Literal, Unpack

from modelbox.checkpoints import HasCheckpoints
from modelbox.comparison import Comparison, comparison_of
from modelbox.enums import MLFramework
from modelbox.errors import InvalidFieldError, NotFoundError
from modelbox.fields import check_labels, check_metric_key, check_text
from modelbox.ids import object_id
from modelbox.keyed import KeyedObject, Keys
from modelbox.limits import COMPARED_RUNS_MAX
from modelbox.listed import Listed
from modelbox.logged_object import id_of
from modelbox.metadata import encode_metadata
from modelbox.models import key_of
from modelbox.objects import Kind, OrderBy, selection, times_of
from modelbox.other_words import takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.run_finding import found_run
from modelbox.runs import RUNS, Run, RunFields, new_run
from modelbox.sending import create
from modelbox.session import Session
from modelbox.transport import methods
from modelbox.values import Labels
from modelbox.wire import framework_of


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Experiment(KeyedObject, HasCheckpoints):
    """An experiment: a series of runs, or one training that is logged on it directly.

    `external_id` is the id of the same thing in another tracker. `metric_summaries` and `params` are its metrics in
    short and its hyperparameters, as they were when it was read.
    """

    name: str
    owner: str = field(hash=False)
    external_id: str
    framework: MLFramework
    task: str = field(hash=False)
    description: str = field(hash=False)
    parent_id: str

    def parent(self) -> "Experiment | None":
        """Return the experiment that this one belongs to, None if there is none."""
        if not self.parent_id:
            return None
        return EXPERIMENTS.read(self._session, pb.GetExperimentRequest(id=self.parent_id))

    @takes()
    def children(
        self,
        filter: str = "",  # noqa: A002  # the word of every list
        *,
        order_by: OrderBy = "created_at",
        include_deleted: bool = False,
        all_keys: bool = False,
        limit: int | None = None,
    ) -> "Listed[Experiment]":
        """Return the experiments that belong to this one, the oldest first; see `ModelBox.experiments`."""
        selected = selection(filter=filter, order_by=order_by, include_deleted=include_deleted, all_keys=all_keys)
        request = pb.ListExperimentsRequest(namespace=self.namespace, parent_id=self.id, **selected)
        return EXPERIMENTS.read_all(self._session, request, limit=limit)

    @takes(*RunFields.__annotations__)
    def new_run(self, name: str = "", **of: Unpack[RunFields]) -> Run:
        """Start a run. While the server is away it is created later, and returned as it was given.

        Args:
            name: Two words and some digits, unless given.
            hyperparameters: See `Run.log_hyperparameters`.
            parent: The run that this one is part of, or its id.
            comment: What it is, or why it is made.
            owner: Who answers for it.
            labels: A text, number or bool for each name.
            metadata: A JSON value for each key.
            source: What it is made with: True finds out repository, commit, program, machine and packages; False
                leaves it out; or a `Source`.
            source_diff: Where the source is found out and is not as the commit has it, keep what it has beyond that as
                the artifact `source/uncommitted.diff`, for `git apply`: at most 1 MiB of changes to tracked files, and
                the program itself if git does not track it. Files whose names look like secrets are left out.
                MODELBOX_SOURCE_DIFF=off switches it off for all runs. A run with an `id` that is given has it if the
                server answers, for else it may be there already.
            heartbeat: Say that the run is alive until it ends; one that was not heard of for 60 seconds shows as lost.
            started_at: When it began, for one that is brought from elsewhere: seconds since the epoch or an aware
                datetime; now, unless given.
            external_id: The id of the same run in another tracker.
            id: A UUID drawn before; a run that has it already is returned as it is, with `exists` set. If the end of
                its program ended it, or an exception that left its block, it goes on.

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
        run = found_run(self._session, id, where=f"experiment {self.name!r}", experiment_id=self.id)
        if run.experiment_id != self.id:
            problem = f"run {run.id} is of experiment {run.experiment_id}, not of {self.id}"
            raise NotFoundError(f"id: {problem}", field="id")
        return run

    @takes()
    def runs(
        self,
        filter: str = "",  # noqa: A002  # the word of every list
        *,
        order_by: OrderBy = "",
        include_deleted: bool = False,
        all_keys: bool = False,
        limit: int | None = None,
    ) -> Listed[Run]:
        """Return the runs, newest first; see `ModelBox.experiments` for the arguments."""
        selected = selection(filter=filter, order_by=order_by, include_deleted=include_deleted, all_keys=all_keys)
        return RUNS.read_all(self._session, pb.ListRunsRequest(experiment_id=self.id, **selected), limit=limit)

    @takes()
    def runs_dataframe(
        self,
        filter: str = "",  # noqa: A002  # the word of every list
        *,
        order_by: OrderBy = "",
        include_deleted: bool = False,
        limit: int | None = None,
    ) -> Any:
        """Return the runs as a `pandas.DataFrame` with a row a run; see `runs` for the arguments.

        Its columns are the run's own, then `labels.<name>`, `params.<name>` and `metrics.<key>`, the newest numbers.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        # Loaded when it is used: few programs ask for tables.
        from modelbox.dataframes import runs_dataframe  # noqa: PLC0415  # see above

        which: Any = {"filter": filter, "order_by": order_by, "include_deleted": include_deleted, "limit": limit}
        return runs_dataframe(self.runs(**which, all_keys=True))

    @takes()
    def best_run(self, metric: str, mode: Literal["max", "min"] = "max", filter: str = "") -> Run | None:  # noqa: A002
        """Return the run whose best value of a metric is the best of all, None if no run has the metric.

        Args:
            metric: The metric's key.
            mode: "max" where more is better, "min" where less is.
            filter: Only among these runs; see `ModelBox.experiments`.
        """
        if mode not in {"max", "min"}:
            raise InvalidFieldError.of("mode", f"{str(mode)[:80]!r} is neither max nor min")
        order = f"metrics.{_quoted(metric)}.{mode} {'desc' if mode == 'max' else 'asc'}"
        selected = selection(filter=filter, order_by=order, include_deleted=False)
        request = pb.ListRunsRequest(experiment_id=self.id, **selected)
        # Those that lack what they are ordered by come last. Nobody wrote an order: what nothing has is the metric.
        first = RUNS.read_all(self._session, request, limit=1, named={"order_by": "metric"})
        summary = first[0].metric_summaries.get(metric) if first else None
        return first[0] if summary is not None and not isnan(getattr(summary, mode)) else None

    def _checkpoint_parent(self) -> dict[str, Any]:
        return {"experiment_id": self.id}

    def _experiment_id(self) -> str:
        return self.id


EXPERIMENTS: Final = Kind(
    Experiment,
    pb.Experiment,
    get=methods.GET_EXPERIMENT,
    list=methods.LIST_EXPERIMENTS,
    readers={
        "framework": framework_of,
        "_keys": Keys,
    },
)


class ExperimentCalls:
    """What a client does with experiments and runs."""

    _session: Session

    @takes()
    def new_experiment(
        self,
        name: str,
        owner: str = "",
        namespace: str = "",
        external_id: str = "",
        framework: MLFramework | str = MLFramework.UNKNOWN,
        *,
        task: str = "",
        description: str = "",
        parent: Experiment | str | None = None,
        labels: Labels | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Experiment:
        """Create an experiment. One that exists already in the namespace is returned as it is, with `exists` set.

        While the server is away it is created later, and returned as it was given.

        Args:
            name: Unique in the namespace.
            namespace: The client's own, unless given; its parts are joined with a slash: `langtech/asr`.
            external_id: The id of the same thing in another tracker.
            task: What the experiment is for, such as "asr".
            parent: The experiment that it belongs to, or its id.
            labels: A text, number or bool for each name.
            metadata: A JSON value for each key.

        Raises:
            InvalidFieldError: An argument breaks a rule.
        """
        request = pb.CreateExperimentRequest(
            name=check_text("name", name),
            owner=check_text("owner", owner),
            namespace=self._session.within(namespace),
            external_id=check_text("external_id", external_id),
            framework=MLFramework.parse(framework, field="framework").name,
            task=check_text("task", task),
            description=check_text("description", description),
            parent_id="" if parent is None else id_of("parent", parent),
            labels=check_labels(labels),
            metadata=pb.Metadata(json=encode_metadata(metadata or {})),
        )
        response = create(self._session, methods.CREATE_EXPERIMENT, request)
        if response is not None and response.experiment_exists:
            return EXPERIMENTS.read(self._session, pb.GetExperimentRequest(id=response.experiment_id), given=request)
        created = pb.Experiment(
            id=object_id("experiment", request.namespace, request.name),
            name=request.name,
            owner=request.owner,
            namespace=request.namespace,
            external_id=request.external_id,
            framework=request.framework,
            task=request.task,
            description=request.description,
            parent_id=request.parent_id,
            labels=request.labels,
            **times_of(response),
        )
        return EXPERIMENTS.of(self._session, created, exists=False)

    def experiment(self, id: str = "", *, namespace: str = "", name: str = "") -> Experiment:  # noqa: A002
        """Return one experiment, by its id or by its name.

        Args:
            id: The id, or the name: what is no UUID is a name.
            namespace: The namespace of the name; the client's own, unless given.
            name: The name in place of the first argument.

        Raises:
            NotFoundError: There is none.
            InvalidFieldError: Neither an id nor a name was given, or both were.
        """
        request = pb.GetExperimentRequest(**key_of(self._session, id, namespace=namespace, name=name))
        return EXPERIMENTS.read(self._session, request)

    @takes()
    def experiments(
        self,
        namespace: str = "",
        *,
        filter: str = "",  # noqa: A002  # the word of every list
        order_by: OrderBy = "",
        recursive: bool = False,
        include_deleted: bool = False,
        all_keys: bool = False,
        limit: int | None = None,
    ) -> Listed[Experiment]:
        """Return the experiments of a namespace (the client's own unless given: not all, as `runs` has), newest first.

        Args:
            filter: Which of them, such as `metrics.val_acc > 0.9 and (params.lr = "0.01" or labels.env = "prod")`.
            order_by: In which order instead, such as `metrics.val_acc desc, name`, or a list of such fields.
            recursive: Also those of the namespaces below it: of `langtech` those of `langtech/asr`.
            include_deleted: Also the deleted ones.
            all_keys: Bring all metrics and hyperparameters of each; without it those beyond the first 100 are read when
                they are looked at.
            limit: At most so many; all, unless given.

        Raises:
            InvalidFieldError: The filter or order cannot be understood; the message says where.
        """
        selected = selection(
            filter=filter, order_by=order_by, include_deleted=include_deleted, recursive=recursive, all_keys=all_keys
        )
        request = pb.ListExperimentsRequest(namespace=self._session.within(namespace), **selected)
        return EXPERIMENTS.read_all(self._session, request, limit=limit)

    @takes(*RunFields.__annotations__)
    def start_run(
        self,
        experiment: str,
        *,
        namespace: str = "",
        name: str = "",
        framework: MLFramework | str = MLFramework.UNKNOWN,
        **of: Unpack[RunFields],
    ) -> Run:
        """Start a run of the experiment with this name, which is created if there is none.

        Args:
            name: The run's.
            framework: The experiment's, where it is created.
            of: hyperparameters, labels, metadata, comment, owner, parent, id, source, source_diff, heartbeat,
                started_at, external_id; each as `Experiment.new_run` describes it.
        """
        return self.new_experiment(experiment, namespace=namespace, framework=framework).new_run(name, **of)

    def run(self, id: str, *, namespace: str = "") -> Run:  # noqa: A002  # as `experiment`
        """Return one run, by its id, the first digits of that, or its name in a namespace.

        Raises:
            NotFoundError: There is none.
            InvalidFieldError: There are several; their ids are told.
        """
        where = self._session.within(namespace)
        return found_run(self._session, id, where=f"namespace {where!r}", namespace=where)

    @takes()
    def runs(
        self,
        namespace: str | None = None,
        *,
        filter: str = "",  # noqa: A002  # the word of every list
        order_by: OrderBy = "",
        recursive: bool = False,
        include_deleted: bool = False,
        all_keys: bool = False,
        limit: int | None = None,
        all_namespaces: bool = False,
    ) -> Listed[Run]:
        """Return the runs of a namespace, newest first; see `experiments` for the arguments.

        Without a namespace they are those of all namespaces, unless the client was given one of its own.

        Args:
            all_namespaces: The runs of all namespaces in any case.
        """
        selected = selection(
            filter=filter, order_by=order_by, include_deleted=include_deleted, recursive=recursive, all_keys=all_keys
        )
        where = self._session.namespace_given if namespace is None else self._session.within(namespace)
        where = "" if all_namespaces else where
        request = pb.ListRunsRequest(namespace=where, all_namespaces=not where, **selected)
        return RUNS.read_all(self._session, request, limit=limit)

    @takes()
    def runs_dataframe(
        self,
        namespace: str | None = None,
        *,
        filter: str = "",  # noqa: A002  # the word of every list
        order_by: OrderBy = "",
        recursive: bool = False,
        include_deleted: bool = False,
        limit: int | None = None,
    ) -> Any:
        """Return the runs as a `pandas.DataFrame` with a row a run; see `runs` for the arguments.

        Its columns are the run's own, then `labels.<name>`, `params.<name>` and `metrics.<key>`, the newest numbers.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        # Loaded when it is used: few programs ask for tables.
        from modelbox.dataframes import runs_dataframe  # noqa: PLC0415  # see above

        which: Any = {"filter": filter, "order_by": order_by, "include_deleted": include_deleted, "limit": limit}
        return runs_dataframe(self.runs(namespace, recursive=recursive, all_keys=True, **which))

    def compare(self, runs: Iterable[Run | str]) -> Comparison:
        """Read runs, given themselves or by their ids, and put them beside each other.

        Raises:
            NotFoundError: One of them does not exist.
            InvalidFieldError: There are more than `limits.COMPARED_RUNS_MAX`.
        """
        ids = [id_of(f"runs[{index}]", run) for index, run in enumerate(runs)]
        if len(ids) > COMPARED_RUNS_MAX:
            raise InvalidFieldError.of("runs", f"{len(ids):,} runs; at most {COMPARED_RUNS_MAX:,} are compared")
        return comparison_of([self.run(run_id) for run_id in ids])


def _quoted(metric: str) -> str:
    """Return a metric's key as a filter has it."""
    key = check_metric_key(metric)
    if "`" in key:
        raise InvalidFieldError.of("metric", f"{key[:80]!r} holds a backtick, which a filter cannot name")
    return f"`{key}`"
