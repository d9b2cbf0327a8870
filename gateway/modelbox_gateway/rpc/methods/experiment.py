"""Experiments: CreateExperiment, ListExperiments, GetExperiment."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import structs

from modelbox.proto import modelstore_pb2 as pb
from modelbox_events.types.experiment import EXPERIMENT
from modelbox_gateway.errors import ObjectNotFoundError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.lookup.listing import keys_listed, search_page
from modelbox_gateway.rpc.lookup.unfound import unfound_by_name
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rpc.messages.answers import file_message, id_text, metadata_message, optional_timestamp, timestamp
from modelbox_gateway.rpc.messages.attached import ATTACHED_VIEWS, Shown, fill_keys, object_messages
from modelbox_gateway.rules import experiment, fields
from modelbox_projections import Scope
from modelbox_projections.experiments.kind import ExperimentRow, Experiments

_VIEWS: Final = ("experiments", *ATTACHED_VIEWS)


class ExperimentMethods:
    """The methods on experiments."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def create_experiment(self, request: pb.CreateExperimentRequest, call: Call) -> pb.CreateExperimentResponse:
        """Create an experiment; one that exists is answered as it is."""
        create = partial(
            experiment.CreateExperiment,
            namespace=fields.namespace("namespace", request.namespace),
            name=fields.name("name", request.name),
            owner=fields.optional_name("owner", request.owner),
            framework=requests.framework_of("framework", request.framework),
            task=fields.optional_name("task", request.task),
            description=fields.description("description", request.description),
            external_id=fields.optional_name("external_id", request.external_id),
            labels=requests.labels_of("labels", request.labels),
            metadata=requests.metadata_of("metadata", request.metadata),
        )
        parent_id = fields.object_id("parent_id", request.parent_id) if request.parent_id else None
        caller = call.caller(request)
        # Every field is judged before anything is looked up.
        objects = self._backend.objects
        parent = None if parent_id is None else await objects.find("parent_id", parent_id, kind=EXPERIMENT)
        command = create(parent=parent)
        created = await self._backend.creations.create(experiment.creation(command), caller)
        objects.remember(command.stream)
        self._backend.freshness.wrote(call, created.appended)
        recorded_at = timestamp(created.recorded_at)
        return pb.CreateExperimentResponse(
            experiment_id=str(command.stream.id),
            experiment_exists=created.exists,
            created_at=recorded_at,
            updated_at=recorded_at,
        )

    async def get_experiment(self, request: pb.GetExperimentRequest, call: Call) -> pb.GetExperimentResponse:
        """Return one experiment by id, or by namespace and name, deleted or not."""
        wanted, field = requests.named_object(request, experiment.experiment_id)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._messages([wanted], call)
        if not found and field == "name":
            raise await unfound_by_name(self._backend, EXPERIMENT, request, experiment.experiment_id)
        if not found:
            raise ObjectNotFoundError(field, EXPERIMENT, request.id)
        return pb.GetExperimentResponse(experiment=found[0])

    async def list_experiments(self, request: pb.ListExperimentsRequest, call: Call) -> bytes:
        """Return a page of a namespace's experiments, newest first unless another order is asked for."""
        if request.parent_id:
            parent_id = fields.object_id("parent_id", request.parent_id)
            # The children of an experiment may be in other namespaces.
            namespace = fields.optional_name("namespace", request.namespace)
            scope = Scope(namespace=namespace, parents={"parent_id": parent_id})
            await self._backend.objects.find("parent_id", parent_id, kind=EXPERIMENT)
        else:
            scope = Scope(namespace=fields.namespace("namespace", request.namespace))
        page = await search_page(
            self._backend,
            call,
            request,
            kind=EXPERIMENT,
            scope=structs.replace(scope, recursive=request.recursive),
            views=_VIEWS,
            messages_of=partial(self._messages, keys_max=keys_listed(request)),
        )
        return page.answer(pb.ListExperimentsResponse, "experiments")

    async def _messages(self, ids: Sequence[UUID], call: Call, *, keys_max: int | None = None) -> list[pb.Experiment]:
        views = self._backend.services.views
        return await object_messages(
            views, ids, call, view=views.of(Experiments), make=experiment_message, keys_max=keys_max
        )


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on experiments."""
    experiments = ExperimentMethods(backend)
    return (
        unary("CreateExperiment", pb.CreateExperimentRequest, experiments.create_experiment),
        unary("GetExperiment", pb.GetExperimentRequest, experiments.get_experiment),
        unary("ListExperiments", pb.ListExperimentsRequest, experiments.list_experiments),
    )


def experiment_message(row: ExperimentRow, shown: Shown) -> pb.Experiment:
    """Return an experiment with what hangs on it."""
    message = pb.Experiment(
        id=str(row.id),
        name=row.name,
        namespace=row.namespace,
        owner=row.owner,
        framework=row.framework,
        external_id=row.external_id,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        task=row.task,
        description=row.description,
        parent_id=id_text(row.parent_id),
        labels=row.labels,
        metadata=metadata_message(shown.attached.metadata, as_json=shown.as_json),
        deleted_at=optional_timestamp(row.deleted_at),
        files=map(file_message, shown.files),
        more_keys=shown.attached.more,
    )
    fill_keys(message, shown.attached)
    return message
