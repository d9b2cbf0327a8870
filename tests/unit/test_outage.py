"""A trouble that lasts: told when it begins, rarely while it lasts, and when it is over; tried less and less often."""

from structlog.testing import capture_logs

from modelbox_events import LogUnavailableError
from modelbox_events.outage import REMINDER_INTERVAL_S, Outage
from modelbox_gateway.embedded.process import _reason_in


def test_a_trouble_that_lasts_is_told_once_a_minute_and_at_its_end() -> None:
    now_s = 0.0
    outage = Outage(lambda: now_s)
    with capture_logs() as lines:
        for tenth in range(1, 650):
            now_s = tenth / 10
            outage.warn("head_unknown", LogUnavailableError("a full disk"))
        outage.end("head_known")
        outage.end("head_known")
    assert [line["event"] for line in lines] == ["head_unknown", "head_unknown", "head_known"]
    assert lines[1]["lasts_s"] == REMINDER_INTERVAL_S
    assert lines[1]["error"] == "the log is unavailable: a full disk"
    assert not outage.lasts


def test_tries_become_rare() -> None:
    outage = Outage()
    pauses_s = []
    for _ in range(40):
        outage.failed("kind")
        pauses_s.append(outage.pause_s(0.25, 2.0))
    assert pauses_s[:5] == [0.25, 0.5, 1.0, 2.0, 2.0]
    assert pauses_s[-1] == 2.0
    outage.over()
    assert outage.pause_s(0.25, 2.0) == 0.25


def test_why_a_server_ended_is_not_what_it_tells_clients_that_come_too_early() -> None:
    lines = [
        "2026-11-28 12:00:00.000 UTC [17] FATAL:  the database system is starting up",
        "2026-11-28 12:00:00.100 UTC [18] FATAL:  the database system is not yet accepting connections",
        '2026-11-28 12:00:00.200 UTC [19] FATAL:  could not extend file "base/1/2": No space left on device',
        "2026-11-28 12:00:00.200 UTC [19] HINT:  Check free disk space.",
    ]
    expected = 'could not extend file "base/1/2": No space left on device; Check free disk space.'
    assert _reason_in(lines) == expected
    assert _reason_in(lines[:1]).endswith("the database system is starting up"), "where it says nothing else"
