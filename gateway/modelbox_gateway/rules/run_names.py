"""Names for runs that were given none: two words that people can say, and four digits, all made of the run's id.

The same id always has the same name, so that a run that is begun again is found under it.
"""

from hashlib import sha256
from typing import Final
from uuid import UUID

_QUALITIES: Final = (
    "amber", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "cool", "crisp", "daring", "eager",
    "early", "fair", "fast", "fond", "fresh", "gentle", "glad", "golden", "grand", "green", "happy", "hardy", "honest",
    "jolly", "keen", "kind", "light", "lively", "loyal", "lucid", "lucky", "mellow", "merry", "mild", "modest", "neat",
    "nimble", "noble", "patient", "plain", "polite", "proud", "quick", "quiet", "rapid", "ready", "robust", "silver",
    "sincere", "smart", "smooth", "sober", "steady", "still", "sturdy", "sunny", "swift", "tidy", "vivid", "warm",
    "wise", "witty",
)  # fmt: skip
_THINGS: Final = (
    "acorn", "anchor", "aspen", "badger", "beacon", "beaver", "birch", "bison", "brook", "canyon", "cedar", "cliff",
    "clover", "comet", "coral", "crane", "delta", "dune", "ember", "falcon", "fern", "finch", "fjord", "forest",
    "fox", "garden", "geyser", "glacier", "harbor", "hawk", "heron", "hill", "island", "ivy", "lagoon", "lake", "lark",
    "maple", "meadow", "moon", "oak", "ocean", "orchid", "otter", "owl", "pebble", "pine", "planet", "prairie",
    "raven", "reef", "ridge", "river", "robin", "sparrow", "spruce", "summit", "thistle", "tide", "valley", "walnut",
    "willow", "wren", "yarrow",
)  # fmt: skip


def name_of(run_id: UUID) -> str:
    """Return the name that an id makes, such as `steady-otter-3f9a`."""
    # Ids of many versions begin with a time or end with a machine: a digest spreads over all names.
    digest = sha256(run_id.bytes).digest()
    quality = _QUALITIES[digest[0] % len(_QUALITIES)]
    thing = _THINGS[digest[1] % len(_THINGS)]
    return f"{quality}-{thing}-{digest[2:4].hex()}"
