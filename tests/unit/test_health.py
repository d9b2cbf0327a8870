"""The report of what each part is at: every part is in it, with its reason, and since when."""

from datetime import UTC, datetime

from modelbox_gateway.health import Health, Look
from modelbox_gateway.readiness import Report


def readiness(**parts: str) -> Report:
    """What readiness says of some parts."""
    return Report(status="ready", missing=(), parts=parts, details={})


def test_a_part_in_trouble_is_told_with_its_reason_and_degrades_the_whole() -> None:
    health = Health()
    since = datetime(2026, 1, 1, tzinfo=UTC)
    health.watch("feed", lambda: Look("halted", "forged", since, {"lag_events": 3}))
    report = health.report(readiness(log="ready"))
    assert report.status == "degraded"
    assert (report.parts["log"].state, report.parts["log"].reason) == ("ready", None)
    feed = report.parts["feed"]
    assert (feed.state, feed.reason, feed.since, feed.details) == ("halted", "forged", since, {"lag_events": 3})


def test_a_part_that_readiness_misses_is_failing_whatever_else_is_known_of_it() -> None:
    health = Health()
    health.watch("projections", lambda: Look("running"))
    assert health.report(readiness(projections="no view exists")).parts["projections"].reason == "no view exists"
    assert health.report(readiness(projections="ready")).parts["projections"].state == "running"


def test_since_is_when_the_state_was_first_seen() -> None:
    health, states = Health(), ["running", "running", "paused"]
    health.watch("projections", lambda: Look(states[0]))
    first = health.report(readiness()).parts["projections"].since
    states.pop(0)
    assert health.report(readiness()).parts["projections"].since == first
    states.pop(0)
    assert health.report(readiness()).parts["projections"].since > first
    assert health.report(readiness()).status == "degraded"
