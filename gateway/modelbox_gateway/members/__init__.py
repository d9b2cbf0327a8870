"""The gateway processes that take calls for a log: each keeps a lease in a table, and any of them lists all."""

from modelbox_gateway.members.lease import Lease, Member, Members, prepare_members
from modelbox_gateway.members.store import StoreOfLog

__all__ = ["Lease", "Member", "Members", "StoreOfLog", "prepare_members"]
