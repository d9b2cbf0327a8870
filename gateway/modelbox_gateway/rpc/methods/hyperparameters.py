"""Hyperparameters: LogHyperparameters, ListHyperparameters."""

from collections.abc import Iterable
from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.call import Call
from modelbox_gateway.rpc.frame.method import Method, unary
from modelbox_gateway.rpc.messages import requests
from modelbox_gateway.rules import fields
from modelbox_gateway.rules.logged import hyperparameters_logged
from modelbox_projections.hyperparameters.queries import Hyperparameters

_VIEWS: Final = ("hyperparameters",)


class HyperparameterMethods:
    """The methods on the hyperparameters of objects."""

    def __init__(self, backend: Backend) -> None:
        """Serve from `backend`."""
        self._backend = backend

    async def log_hyperparameters(
        self, request: pb.LogHyperparametersRequest, call: Call
    ) -> pb.LogHyperparametersResponse:
        """Record hyperparameters of an object; other names stay as they are."""
        object_id = fields.object_id("parent_id", request.parent_id)
        hyperparameters = requests.hyperparameters_of("hyperparameters", request.hyperparameters)
        if not hyperparameters:
            raise InvalidFieldError("hyperparameters", "has no entries; give at least one")
        caller = call.caller(request)
        objects = self._backend.objects
        stream = await objects.find("parent_id", object_id)
        event = hyperparameters_logged(stream, hyperparameters)
        result = await objects.log(stream, (event,), caller, field="hyperparameters")
        self._backend.freshness.wrote(call, result.appended)
        return pb.LogHyperparametersResponse()

    async def list_hyperparameters(
        self, request: pb.ListHyperparametersRequest, call: Call
    ) -> pb.ListHyperparametersResponse:
        """Return all hyperparameters of an object, by name."""
        object_id = fields.object_id("parent_id", request.parent_id)
        await self._backend.objects.find("parent_id", object_id)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._backend.services.views.of(Hyperparameters).of_many([object_id])
        hyperparameters = [
            pb.Hyperparameter(name=name, json=value.decode()) for name, value in found[object_id].items()
        ]
        return pb.ListHyperparametersResponse(hyperparameters=hyperparameters)


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on hyperparameters."""
    hyperparameters = HyperparameterMethods(backend)
    return (
        unary("LogHyperparameters", pb.LogHyperparametersRequest, hyperparameters.log_hyperparameters),
        unary("ListHyperparameters", pb.ListHyperparametersRequest, hyperparameters.list_hyperparameters),
    )
