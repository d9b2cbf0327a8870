"""What each part of the service is at, with the reason where something is wrong, and since when.

Readiness says whether a balancer should send calls here; this report says what an operator should look at. A feed that
is halted is no reason to refuse calls, and every reason to look.

Must not know: HTTP.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

import msgspec

from modelbox_gateway.readiness import Report

FINE: Final = frozenset({"ready", "running", "standby"})
"""States in which a part does its work."""


STUCK: Final = "stuck"
"""The state of views that cannot be written, or of which Postgres does not say where they stand."""


class Look(NamedTuple):
    """What one look at a part found; `since` is None for a part that does not keep it."""

    state: str
    reason: str | None = None
    since: datetime | None = None
    details: dict[str, Any] | None = None


class PartHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One part in the report."""

    state: str
    reason: str | None
    since: datetime
    details: dict[str, Any]


class HealthReport(msgspec.Struct, frozen=True, kw_only=True):
    """The body of `/health`: "ok" when every part does its work."""

    status: Literal["ok", "degraded"]
    parts: dict[str, PartHealth]


class Health:
    """Watches the parts of a process.

    Attributes:
        fine: Of each part whether it does its work, as of the last report.
    """

    def __init__(self) -> None:
        """Begin with what readiness knows."""
        self._looks: dict[str, Callable[[], Look]] = {}
        self._seen: dict[str, tuple[str, datetime]] = {}
        self.fine: dict[str, bool] = {}

    def watch(self, part: str, look: Callable[[], Look]) -> None:
        """Report a part that readiness does not know, or more of one that it does."""
        self._looks[part] = look

    def report(self, readiness: Report) -> HealthReport:
        """Return what each part is at, given what readiness says now. To be called often, so that `since` is true."""
        looks = {
            part: Look("ready") if answer == "ready" else Look("failing", answer)
            for part, answer in readiness.parts.items()
        }
        for part, look in self._looks.items():
            if part not in looks or looks[part].state in FINE:
                looks[part] = look()
        parts = {part: self._of(part, look) for part, look in looks.items()}
        self.fine = {name: part.state in FINE for name, part in parts.items()}
        return HealthReport(status="ok" if all(self.fine.values()) else "degraded", parts=parts)

    def _of(self, part: str, look: Look) -> PartHealth:
        now = datetime.now(UTC)
        state, since = self._seen.get(part, ("", now))
        if state != look.state:
            since = now
        self._seen[part] = (look.state, since)
        return PartHealth(
            state=look.state, reason=look.reason, since=look.since or since, details=dict(look.details or {})
        )
