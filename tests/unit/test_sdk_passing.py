"""Which record may pass one that is stuck, who is at fault, and what the disk has to do with setting aside."""

import threading
from pathlib import Path
from typing import Any

import pytest

from modelbox.delivery.attempts import Attempts
from modelbox.delivery.order import Order
from modelbox.delivery.reachability import Reachability
from modelbox.delivery.suspects import Suspects
from modelbox.delivery.takeover import Takeover
from modelbox.errors import InvalidFieldError, ModelBoxError, ServerError, UnavailableError
from modelbox.ids import object_id
from modelbox.journal import aside
from modelbox.journal import backlog as backlog_module
from modelbox.journal.aside import Aside, Fate, refused_in
from modelbox.journal.backlog import Backlog
from modelbox.journal.folder import JournalFolder, JournalSettings
from modelbox.journal.record import Record
from modelbox.kinds.experiment import CREATE_EXPERIMENT
from modelbox.kinds.run import CREATE_RUN
from modelbox.limits import ALONE_MAX, STUCK_SCORE, SUSPECTS_MAX
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transport import methods
from modelbox.transport.methods import Method

RUN, OTHER = "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
DEFECT, AWAY = ServerError("defect"), UnavailableError("away")


def record(method: Method[Any, Any], **fields: Any) -> Record:
    return Record(method.name, method.request(**fields).SerializeToString())


def points(of: str) -> Record:
    return Record(methods.LOG_METRICS_BATCH.name, pb.LogMetricsBatchRequest(parent_id=of).SerializeToString(), points=1)


def value(of: str) -> Record:
    return record(methods.UPDATE_METADATA, parent_id=of)


def tracked(of: str) -> Record:
    return record(methods.TRACK_ARTIFACTS, files=[pb.FileMetadata(parent_id=of)])


EXPERIMENT = object_id("experiment", "default", "digits")
CHECKPOINT = object_id("checkpoint", RUN, "step", "7")
PROMOTION = record(methods.PROMOTE_CHECKPOINT, checkpoint_id=CHECKPOINT)


@pytest.mark.parametrize(
    ("stuck", "later", "may_pass"),
    [
        (points(RUN), points(RUN), True),
        (points(RUN), value(RUN), True),
        (value(RUN), points(RUN), True),
        (value(RUN), value(RUN), False),
        (value(RUN), value(OTHER), True),
        (value(RUN), record(methods.SET_RUN_STATUS, id=RUN), False),
        (value(RUN), record(methods.LOG_EVENT, parent_id=RUN), True),
        (value(RUN), record(methods.CREATE_CHECKPOINT, run_id=RUN, step=7), True),
        (record(CREATE_RUN, id=RUN, experiment_id=OTHER), points(RUN), False),
        (record(CREATE_RUN, id=RUN, experiment_id=OTHER), points(OTHER), True),
        (record(CREATE_RUN, id=RUN), record(methods.LINK_LINEAGE, from_id=OTHER, to_id=RUN), False),
        (record(CREATE_EXPERIMENT, name="digits"), record(CREATE_RUN, experiment_id=EXPERIMENT), False),
        (record(methods.CREATE_CHECKPOINT, run_id=RUN, step=7), points(CHECKPOINT), False),
        (tracked(CHECKPOINT), PROMOTION, False),
        (points(CHECKPOINT), PROMOTION, False),
        (tracked(OTHER), PROMOTION, True),
        (tracked(CHECKPOINT), value(CHECKPOINT), True),
        (Record("FromTheFuture", b""), points(RUN), False),
        (Record("CreateRun", b"\xff"), points(RUN), False),
        (points(RUN), Record("FromTheFuture", b""), False),
    ],
)
def test_what_may_pass_a_stuck_record(stuck: Record, later: Record, *, may_pass: bool) -> None:
    assert Order([stuck]).may_go(later) is may_pass


def test_what_depends_on_what_may_not_pass_may_not_either() -> None:
    order = Order([record(CREATE_EXPERIMENT, name="digits")])
    assert not order.may_go(record(CREATE_RUN, id=RUN, experiment_id=EXPERIMENT))
    assert not order.may_go(points(RUN))
    assert order.may_go(points(OTHER))


def test_a_record_is_at_fault_only_when_others_are_recorded_between_its_failures() -> None:
    suspects, bad = Suspects(), points(RUN)
    for _ in range(1_000):
        if suspects.failed(bad, DEFECT):
            suspects.give_way(bad, is_answered=True)
    assert suspects.is_stuck(bad)
    assert not suspects.is_at_fault(bad)
    for _ in range(ALONE_MAX):
        assert not suspects.is_at_fault(bad)
        suspects.passed(points(OTHER))
        suspects.failed(bad, DEFECT)
    assert suspects.is_at_fault(bad)


def test_a_record_waits_patiently_for_a_server_that_answers_nothing() -> None:
    suspects, waiting = Suspects(), points(RUN)
    for number in range(1, 10 * STUCK_SCORE + 1):
        is_often = suspects.failed(waiting, AWAY)
        assert is_often == (number % STUCK_SCORE == 0)
        if is_often:
            suspects.give_way(waiting, is_answered=False)
    assert not suspects.is_stuck(waiting)


def test_failures_of_so_many_records_are_remembered() -> None:
    suspects = Suspects()
    for _ in range(2 * SUSPECTS_MAX):
        suspects.failed(points(RUN), AWAY)
    assert len(suspects._by_key) == SUSPECTS_MAX


def folder_of(path: Path) -> JournalFolder:
    return JournalFolder(JournalSettings(path, free_bytes_min=0), "server:8085")


def test_others_are_found_beyond_the_stuck_ones_in_file_and_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog_module, "WINDOW_BYTES_MAX", 3_000)
    backlog = Backlog(folder_of(tmp_path))
    records = [Record("LogEvent", bytes(100), key=str(number)) for number in range(100)]
    for one in records:
        backlog.append(one)
    seen = []
    while (found := backlog.next(lambda one: one.key != "0")) is not None:
        seen.append(found.key)
        backlog.answer(found)
    assert seen == [one.key for one in records[1:]]
    first = backlog.first()
    assert first is not None
    assert (first.key, backlog.waiting.records, backlog.in_file.records) == ("0", 1, 1)
    backlog.answer(first)
    backlog.close()
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_set_aside_stays_in_its_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backlog = Backlog(folder_of(tmp_path))
    for number in range(3):
        backlog.append(Record("LogEvent", b"", key=str(number)))
    backlog.close()

    def refuse(_record: Record) -> bytes:
        raise InvalidFieldError("no", reason="INVALID_FIELD")

    def run() -> tuple[int, int]:
        attempts = Attempts(refuse, lambda _: False, stop=threading.Event(), reachability=Reachability())
        [sent] = Takeover(folder_of(tmp_path), attempts).run()
        return sent.refused, sent.waiting

    def fail(*_: object) -> None:
        raise OSError("the disk fails")

    with monkeypatch.context() as disk:
        disk.setattr(aside.Aside, "_write", fail)
        assert run() == (0, 3)
    assert run() == (3, 0)
    [path] = tmp_path.iterdir()
    assert [wrapped.key for wrapped, _ in refused_in(path)] == ["0", "1", "2"]


def test_what_is_set_aside_comes_back_as_it_was(tmp_path: Path) -> None:
    original = Record("LogMetricsBatch", b"\x00\xff", points=7, key="k", tried_at=1_700_000_000)
    error = ModelBoxError("x" * 5_000, reason="OBJECT_NOT_FOUND")
    for _ in range(2):
        assert Aside(folder_of(tmp_path)).keep(original, error) is Fate.SET_ASIDE
    [(wrapped, refused), _] = [pair for path in folder_of(tmp_path).refused() for pair in refused_in(path)]
    again = refused.record()
    assert (again.method, again.request, again.points, again.key, again.tried_at) == (
        original.method,
        original.request,
        original.points,
        original.key,
        original.tried_at,
    )
    assert (wrapped.points, refused.reason, len(refused.problem)) == (7, "OBJECT_NOT_FOUND", 1_000)
