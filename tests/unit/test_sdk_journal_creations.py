"""What is logged on an object whose creation waits in another client's journal waits too, up to a minute each time."""

from functools import partial
from pathlib import Path

import pytest

from modelbox.delivery import takeover as takeover_module
from modelbox.errors import FlushTimeoutError
from modelbox.journal.record import Record
from modelbox.limits import UNKNOWN_OBJECT_S_MAX
from tests.unit.journal_server import WAIT_S, Make, Server, close, log, takeover, until


def test_records_of_an_object_wait_for_the_journal_that_creates_it(make: Make, tmp_path: Path) -> None:
    """As of a forked worker whose journal is older than the one in which its parent's creation waits."""
    server = Server(away=True)
    worker, parent = make(server), make(server)
    log(worker, range(10), object_id="run")
    until(lambda: worker.delivery().journaled == 10)
    parent.deliver(Record("CreateRun", b"run"))
    until(lambda: parent._backlog.in_file.calls == 1)
    close(worker)
    close(parent)
    server.away = False
    done = takeover(server, tmp_path).run()
    assert [sent.refused for sent in done] == [0, 0]
    assert server.steps == list(range(10))
    assert list(tmp_path.iterdir()) == []


def test_a_running_client_waits_for_the_creation_by_another_one(make: Make) -> None:
    server, elsewhere = Server(), Server(away=True)
    parent, worker = make(elsewhere), make(server)
    parent.deliver(Record("CreateRun", b"run"))
    until(lambda: parent._backlog.in_file.calls == 1)
    log(worker, range(10), object_id="run")
    with pytest.raises(FlushTimeoutError):
        worker.flush(timeout_s=0.5)
    # Its process ends, so that the worker itself takes its journal over.
    close(parent)
    worker.flush(timeout_s=WAIT_S)
    assert server.steps == list(range(10))
    assert worker.delivery().refused == 0


def test_a_second_wait_for_a_creation_by_another_client_has_all_its_time(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takeover_module, "UNKNOWN_OBJECT_S_MAX", 0.9)
    server = Server()
    parent, worker = make(Server(away=True)), make(server)
    parent.deliver(Record("CreateRun", b"elsewhere"))
    until(lambda: parent._backlog.in_file.calls == 1)
    for name in ("run", "another run"):
        log(worker, range(10), object_id=name)
        # By the second one longer has passed since the first was waited for than one is.
        with pytest.raises(FlushTimeoutError):
            worker.flush(timeout_s=0.5)
        server.objects.add(name)
        worker.flush(timeout_s=WAIT_S)
    assert worker.delivery().refused == 0


def test_a_wait_after_one_that_was_in_vain_has_all_its_time(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(takeover_module, "monotonic", lambda: now)
    parent = make(Server(away=True))
    parent.deliver(Record("CreateRun", b"elsewhere"))
    until(lambda: parent._backlog.in_file.calls == 1)
    waits = partial(takeover(Server(), tmp_path).may_be_created, None)
    assert waits(Record("LogEvent", b"run"))
    now += UNKNOWN_OBJECT_S_MAX + 1
    # What was asked all the time is over; here nobody asked meanwhile, as after an outage.
    assert waits(Record("LogEvent", b"run"))
    waited = []
    for _ in range(10):
        now += UNKNOWN_OBJECT_S_MAX / 10
        waited.append(waits(Record("LogEvent", b"run")))
    assert waited == [*[True] * 9, False]
