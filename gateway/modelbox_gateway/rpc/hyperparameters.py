"""Hyperparameters: LogHyperparameters, ListHyperparameters."""

from typing import Final

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.commands import fields
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc import requests
from modelbox_gateway.rpc.backend import Backend
from modelbox_gateway.rpc.call import Call
from modelbox_gateway.rpc.object_messages import hyperparameter_messages

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
        self._backend.freshness.wrote(call, await objects.log_hyperparameters(stream, hyperparameters, caller))
        return pb.LogHyperparametersResponse()

    async def list_hyperparameters(
        self, request: pb.ListHyperparametersRequest, call: Call
    ) -> pb.ListHyperparametersResponse:
        """Return all hyperparameters of an object, by name."""
        object_id = fields.object_id("parent_id", request.parent_id)
        await self._backend.objects.find("parent_id", object_id)
        await self._backend.freshness.reached(call, _VIEWS)
        found = await self._backend.services.views.hyperparameters.of_many([object_id])
        return pb.ListHyperparametersResponse(hyperparameters=hyperparameter_messages(found[object_id]))
