"""What all methods share: the services, the commands that run on them, and what was written last."""

from typing import NamedTuple, Self

from modelbox_gateway.claimed import ClaimedUsers
from modelbox_gateway.commands.creations import Creations
from modelbox_gateway.commands.lifecycles import Lifecycles
from modelbox_gateway.commands.models import Models
from modelbox_gateway.commands.objects import Objects
from modelbox_gateway.commands.promotions import Promotions
from modelbox_gateway.commands.runs import Runs
from modelbox_gateway.commands.updates import Updates
from modelbox_gateway.rpc.freshness import Freshness
from modelbox_gateway.services import Services


class Backend(NamedTuple):
    """One of each for all methods of a server."""

    services: Services
    creations: Creations
    lifecycles: Lifecycles
    updates: Updates
    runs: Runs
    models: Models
    promotions: Promotions
    objects: Objects
    freshness: Freshness
    users: ClaimedUsers

    @classmethod
    def on(cls, services: Services) -> Self:
        """Build the commands on services."""
        log = services.log
        lifecycles = Lifecycles(log)
        creations, models = Creations(log, lifecycles), Models(log, lifecycles)
        return cls(
            services=services,
            creations=creations,
            lifecycles=lifecycles,
            updates=Updates(log),
            runs=Runs(log, creations),
            models=models,
            promotions=Promotions(log, creations, models),
            objects=Objects(log),
            freshness=Freshness(log, services.cursors),
            users=ClaimedUsers(log.database),
        )
