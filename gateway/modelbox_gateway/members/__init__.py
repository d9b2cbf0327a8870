"""The gateway processes that take calls for a log: each keeps a lease in a table, and any of them lists all."""

from modelbox_gateway.members.lease import Lease, Member, Members, prepare_members

__all__ = ["Lease", "Member", "Members", "prepare_members"]
