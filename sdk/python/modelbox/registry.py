"""The kinds of objects that there are: each file of `kinds/` is one, found by its name."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Final, TypeVar

from modelbox import kinds
from modelbox.client_calls import ClientCalls
from modelbox.objects import Kind, known_kinds

ClientT = TypeVar("ClientT", bound=type)

for _file in iter_modules(kinds.__path__):
    import_module(f"{kinds.__name__}.{_file.name}")

KINDS: Final[Mapping[str, Kind[Any]]] = {kind.name: kind for kind in known_kinds()}
"""The kinds by their names, in the order in which they are told."""


def with_calls(client: ClientT) -> ClientT:
    """Give a client the calls of kinds that its bases do not name: those that type checkers see are named there."""
    for calls in ClientCalls.__subclasses__():
        if not issubclass(client, calls):
            for name, call in vars(calls).items():
                if not name.startswith("__"):
                    setattr(client, name, call)
    return client
