"""What all methods share: the services, the commands that run on them, and what was written last."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from modelbox_gateway.claimed import ClaimedUsers
from modelbox_gateway.commands.creations import Creations
from modelbox_gateway.commands.executor import Executors
from modelbox_gateway.commands.files import Files
from modelbox_gateway.commands.lifecycles import Lifecycles
from modelbox_gateway.commands.objects import Objects
from modelbox_gateway.rpc.frame.freshness import Freshness
from modelbox_gateway.services import Services

Shared = TypeVar("Shared")


class Backend:
    """One of each for all methods of a server.

    Attributes:
        services: What the doors stand on.
        executors: Decide on aggregates.
        lifecycles: Delete and restore objects.
        creations: Create objects.
        objects: Find objects, and log on them.
        files: Record files of objects.
        freshness: Read-your-writes.
        users: Who the callers say they are.
        is_draining: Says that the server takes no more calls.
    """

    def __init__(self, services: Services, is_draining: Callable[[], bool]) -> None:
        """Build the commands on services."""
        log = services.log
        self.services: Final = services
        self.executors: Final = Executors(log)
        self.lifecycles: Final = Lifecycles(self.executors)
        self.creations: Final = Creations(log, self.lifecycles)
        self.objects: Final = Objects(log)
        self.files: Final = Files(log, self.objects)
        self.freshness: Final = Freshness(log, services.cursors)
        self.users: Final = ClaimedUsers(log.database)
        self.is_draining: Final = is_draining
        self._shared: dict[Callable[[Backend], Any], Any] = {}

    def shared(self, make: "Callable[[Backend], Shared]") -> Shared:
        """Return what `make` makes of this, the same whenever it is asked for: what several files of methods need."""
        if make not in self._shared:
            self._shared[make] = make(self)
        found: Shared = self._shared[make]
        return found
