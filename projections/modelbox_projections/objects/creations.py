"""The events that create objects, of whatever kind.

Must not know: any kind of object.
"""

from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from modelbox_events import ChangeEvent
from modelbox_projections.objects.kinds import KINDS
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.projection import names_of

_CREATED: Final = {kind.creation: kind for kind in KINDS.values()}

CREATING: Final = names_of(*_CREATED)
"""The types of events that create an object."""

KIND_BY_CREATION: Final = MappingProxyType({creation.__name__: kind.name for creation, kind in _CREATED.items()})
"""What each of these types creates."""


def kind_created(data: ChangeEvent) -> ObjectKind[Any]:
    """Return the kind of the object that an event of one of these types creates."""
    return _CREATED[type(data)]


def created_id(data: ChangeEvent) -> UUID:
    """Return the id of the object that an event of one of these types creates."""
    return kind_created(data).id_of(data)


def creations_with(field: str) -> frozenset[type[ChangeEvent]]:
    """Return those of these types that have a field of this name: what of it hangs on the object comes with it."""
    return frozenset(creation for creation in _CREATED if field in creation.__struct_fields__)
