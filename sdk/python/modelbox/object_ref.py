"""An object of any kind of which only the id is known."""

from dataclasses import dataclass, field

from modelbox.kinds.dataset import UsesDatasets
from modelbox.session import Session


@dataclass(frozen=True, slots=True)
class ObjectRef(UsesDatasets):
    """An object of which only the id is known: nothing was read, and it may not exist."""

    id: str
    _session: Session = field(repr=False, compare=False)
