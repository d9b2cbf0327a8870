"""Experiments: what a client does with them, and how a run of one is started by its name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Unpack

from modelbox.client_calls import ClientCalls
from modelbox.enums import MLFramework
from modelbox.fields import check_labels, check_text
from modelbox.finding import key_of
from modelbox.ids import DEFAULT_NAMESPACE, object_id
from modelbox.keyed import KeyedObject, Keys
from modelbox.kinds.checkpoint import HasCheckpoints
from modelbox.kinds.run import HasRuns, Run, RunFields, run_table
from modelbox.listed import Listed
from modelbox.logged_object import id_of
from modelbox.metadata import encode_metadata
from modelbox.objects import Kind, times_of
from modelbox.other_words import EXPERIMENT_WORDS, knows, takes
from modelbox.parameters import filled
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sections import ROWS_MAX, events_of, metrics_of
from modelbox.selection import ChildListFields, Filter, KeyedNamespaceListFields, Where
from modelbox.sending import create
from modelbox.shown import Section
from modelbox.transport.methods import Method
from modelbox.values import Labels
from modelbox.wire import framework_of


@knows(EXPERIMENT_WORDS)
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Experiment(KeyedObject, HasRuns, HasCheckpoints):
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
        return EXPERIMENTS.read_id(self._session, self.parent_id) if self.parent_id else None

    @takes()
    def children(self, filter: Filter = "", **which: Unpack[ChildListFields]) -> "Listed[Experiment]":  # noqa: A002
        """Return the experiments that belong to this one, the oldest first."""
        given = {"filter": filter, **filled(ChildListFields, which)}
        return EXPERIMENTS.listed(self._session, given, {"namespace": self.namespace, "parent_id": self.id})

    def _checkpoint_parent(self) -> dict[str, Any]:
        return {"experiment_id": self.id}

    def _experiment_id(self) -> str:
        return self.id

    def _sections(self) -> Iterable[Section]:
        yield Section("runs", run_table(self.runs(limit=ROWS_MAX)))
        yield metrics_of(self)
        yield events_of(self)


def _id_of(request: pb.CreateExperimentRequest) -> str:
    return object_id("experiment", request.namespace or DEFAULT_NAMESPACE, request.name)


CREATE_EXPERIMENT: Final = Method(
    "CreateExperiment", pb.CreateExperimentRequest, pb.CreateExperimentResponse, writes=True, makes=_id_of
)
LIST_EXPERIMENTS: Final = Method("ListExperiments", pb.ListExperimentsRequest, pb.ListExperimentsResponse)
GET_EXPERIMENT: Final = Method("GetExperiment", pb.GetExperimentRequest, pb.GetExperimentResponse)
EXPERIMENTS: Final = Kind(
    "experiment",
    Experiment,
    pb.Experiment,
    get=GET_EXPERIMENT,
    list=LIST_EXPERIMENTS,
    readers={
        "framework": framework_of,
        "_keys": Keys,
    },
    place=1,
)


class ExperimentCalls(ClientCalls):
    """What a client does with experiments."""

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
        response = create(self._session, CREATE_EXPERIMENT, request)
        if response is not None and response.experiment_exists:
            return EXPERIMENTS.read(self._session, pb.GetExperimentRequest(id=response.experiment_id), given=request)
        created = pb.Experiment(
            id=_id_of(request),
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
    def experiments(self, namespace: Where = "", **which: Unpack[KeyedNamespaceListFields]) -> Listed[Experiment]:
        """Return the experiments of a namespace (the client's own unless given: not all, as `runs` has), newest first.

        Raises:
            InvalidFieldError: The filter or order cannot be understood; the message says where.
        """
        return EXPERIMENTS.listed(self._session, which, {"namespace": self._session.within(namespace)})

    @takes()
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
        """
        return self.new_experiment(experiment, namespace=namespace, framework=framework).new_run(name, **of)
