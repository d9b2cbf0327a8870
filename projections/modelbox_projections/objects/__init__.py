"""What the views of all kinds of objects share: one table, what changes in it, and how it is read."""

from collections.abc import Mapping
from types import MappingProxyType

from modelbox_events.statements import load

STATEMENTS = load(__name__)


def statements_of(package: str) -> Mapping[str, str]:
    """Return the statements of one kind's package; its `tables` follow those that all kinds share."""
    own = load(package)
    return MappingProxyType({**own, "tables": f"{STATEMENTS['tables']}\n{own['tables']}"})
