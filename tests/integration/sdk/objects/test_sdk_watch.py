"""Following a namespace through the SDK, on the real server."""

import asyncio
import threading
from itertools import islice
from queue import Queue
from time import time

import pytest

from modelbox import Change, ChangeKind, InvalidFieldError, LogForkedError, Model, ModelBox, UnavailableError
from modelbox_events import Position
from modelbox_events.fork import fork
from modelbox_events.redaction import redact
from tests.integration.sdk_server import SdkServer

WAIT_S = 20


def _follow(client: ModelBox, namespace: str, count: int) -> "tuple[threading.Thread, Queue[Change]]":
    """Follow in a thread until so many changes were seen."""
    changes: Queue[Change] = Queue()

    def follow() -> None:
        for change in islice(client.watch(namespace), count):
            changes.put(change)

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    return thread, changes


def test_all_kinds_of_changes_are_seen_in_order_then_live(client: ModelBox, model: Model) -> None:
    client.new_model("elsewhere", namespace="other")
    model.update_metadata("k", {"n": 3, "f": 0.5})
    thread, changes = _follow(client, "demo", 5)
    assert changes.get(timeout=WAIT_S).type == "ModelCreated"
    updated = changes.get(timeout=WAIT_S)
    assert (updated.kind, updated.type, updated.object_id) == (ChangeKind.UPDATED, "MetadataUpdated", model.id)
    assert updated.payload["metadata"] == {"k": {"n": 3, "f": 0.5}}
    version = model.new_model_version()
    created = changes.get(timeout=WAIT_S)
    assert (created.kind, created.type, created.object_id) == (ChangeKind.CREATED, "ModelVersionCreated", version.id)
    version.log_metrics({"loss": 1.0})
    client.flush()
    assert changes.get(timeout=WAIT_S).type == "MetricsLogged"
    version.track_artifacts("s3://b/x")
    assert changes.get(timeout=WAIT_S).type == "ArtifactsTracked"
    thread.join(WAIT_S)


def test_a_watch_resumes_after_a_token_and_begins_at_a_time(client: ModelBox, model: Model) -> None:
    for number in range(5):
        model.update_metadata("k", number)
    first = list(islice(client.watch("demo"), 6))
    assert [change.position for change in first] == sorted({change.position for change in first})
    assert list(islice(client.watch("demo", after=first[2].token), 3)) == first[3:]
    assert next(client.watch("demo", since=first[0].recorded_at)) == first[0]
    with pytest.raises(InvalidFieldError, match=r"^since: "):
        client.watch("demo", since=-1)


def test_a_watch_survives_a_restart_without_gap_or_repetition(
    sdk_server: SdkServer, client: ModelBox, model: Model
) -> None:
    thread, changes = _follow(client, "demo", 41)
    for number in range(20):
        model.update_metadata("k", number)
    sdk_server.stop()
    sdk_server.start()
    for number in range(20, 40):
        model.update_metadata("k", number)
    thread.join(WAIT_S)
    seen = [changes.get(timeout=WAIT_S) for _ in range(41)]
    assert [change.payload["metadata"]["k"] for change in seen[1:]] == list(range(40))


def test_a_watch_of_no_server_says_so() -> None:
    with ModelBox("localhost:1", timeout_s=0.3) as client, pytest.raises(UnavailableError, match="localhost:1"):
        next(client.watch("demo"))


def test_a_token_of_another_log_is_refused(client: ModelBox, model: Model) -> None:
    with pytest.raises(LogForkedError):
        next(client.watch("demo", after="00000000-0000-4000-8000-000000000000.1"))
    assert model.created_at.timestamp() <= time()


def test_a_redacted_change_says_nothing_and_who_redacted_it(client: ModelBox, model: Model, dsn: str) -> None:
    model.update_metadata("password", "hunter2")
    [_, before] = islice(client.watch("demo"), 2)
    asyncio.run(redact(dsn, Position(before.position), reason="a password was logged"))

    [created, redacted] = islice(client.watch("demo"), 2)

    assert (before.redacted_by, before.payload["metadata"]) == (None, {"password": "hunter2"})
    assert (redacted.type, redacted.payload, redacted.redacted_by) == ("MetadataUpdated", {}, before.position + 1)
    assert created.redacted_by is None


def test_a_watch_goes_on_over_a_fork_from_tokens_of_before(client: ModelBox, model: Model, dsn: str) -> None:
    """And the tokens that it gives are of the new epoch."""
    [created] = islice(client.watch("demo"), 1)
    epoch = asyncio.run(fork(dsn, reason="a copy lives"))
    model.update_metadata("k", 1)

    [updated] = islice(client.watch("demo", after=created.token), 1)

    assert updated.type == "MetadataUpdated"
    assert updated.token.startswith(f"{epoch.log_id}.{updated.position}")
    assert client.model(model.id).metadata() == {"k": 1}
