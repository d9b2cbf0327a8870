"""Which views stand still although the log holds more for them, whoever should fold them."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from modelbox_projections import ProjectionState

STILL_S_MAX: Final = 30.0
"""How long a view that lags may stand still: longer than any page takes to fold, and than another process to lead."""


class _Seen(NamedTuple):
    generation: int
    position: int
    since_s: float


class Standstill:
    """Watches the cursors of views."""

    def __init__(self) -> None:
        """Have seen none."""
        self._seen: dict[str, _Seen] = {}

    def note(self, states: Iterable[ProjectionState], *, head: int, now_s: float) -> None:
        """Say where the views stand now that are to be folded, and where the log ends."""
        seen = {}
        for state in states:
            before = self._seen.get(state.name)
            is_still = before is not None and before[:2] == (state.generation, state.position) and state.position < head
            since_s = before.since_s if before is not None and is_still else now_s
            seen[state.name] = _Seen(state.generation, state.position, since_s)
        self._seen = seen

    def problem(self, now_s: float) -> str:
        """Return which stand still for more than `STILL_S_MAX`; empty when none does."""
        still = {name: now_s - seen.since_s for name, seen in self._seen.items() if now_s - seen.since_s > STILL_S_MAX}
        if not still:
            return ""
        return f"nobody folds {', '.join(still)} for {max(still.values()):.0f} s; see /health of the other servers"
