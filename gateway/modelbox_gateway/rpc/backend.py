"""What all methods share: the services, the commands that run on them, and what was written last."""

from typing import NamedTuple, Self

from modelbox_gateway.commands.models import Models
from modelbox_gateway.commands.objects import Objects
from modelbox_gateway.rpc.freshness import Freshness
from modelbox_gateway.services import Services


class Backend(NamedTuple):
    """One of each for all methods of a server."""

    services: Services
    models: Models
    objects: Objects
    freshness: Freshness

    @classmethod
    def on(cls, services: Services) -> Self:
        """Build the commands on services."""
        log = services.log
        return cls(services, Models(log), Objects(log), Freshness(log, services.cursors))
