"""Which object was made with which."""

from uuid import UUID

from modelbox_events.event import ChangeEvent


class LineageLinked(ChangeEvent, frozen=True, kw_only=True):
    """An object was made with another: `from_id` was used, `to_id` came of it. Recorded in the latter's stream."""

    from_id: UUID
    to_id: UUID
    relation: str
