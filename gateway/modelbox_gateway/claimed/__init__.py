"""Who made a change, as the client says, while nobody is asked to prove it."""

from modelbox_gateway.claimed.users import Claim, ClaimedUsers, claim_of

__all__ = ["Claim", "ClaimedUsers", "claim_of"]
