"""When two logged events are equal, and what may be linked."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from msgspec.structs import replace

from modelbox_events import StreamRef, object_id
from modelbox_events.types.dataset import DatasetCreated
from modelbox_events.types.lineage import LineageLinked
from modelbox_events.types.objects import EventLogged
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rules import dataset
from modelbox_gateway.rules.logged import LoggedEvent, linked, logged, logged_event_id

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
EVENT = LoggedEvent(name="oom", source="node-1", wallclock=NOON, metadata={"a": {"x": 1, "y": [1, 2]}, "b": None})
RUN = StreamRef("vision", "run", UUID(int=1))
DATA = StreamRef("shared", "dataset", UUID(int=2))


def test_an_event_is_what_its_parent_name_source_wallclock_and_metadata_make() -> None:
    same = replace(
        EVENT,
        wallclock=NOON.astimezone(timezone(timedelta(hours=2))),
        metadata={"b": None, "a": {"y": [1, 2], "x": 1}},
    )
    others = [
        replace(EVENT, name="oom2"),
        replace(EVENT, source=""),
        replace(EVENT, wallclock=NOON + timedelta(microseconds=1)),
        replace(EVENT, metadata={"a": {"x": 1, "y": [2, 1]}, "b": None}),
        replace(EVENT, metadata={}),
    ]

    assert logged_event_id(RUN.id, same) == logged_event_id(RUN.id, EVENT)
    ids = {logged_event_id(RUN.id, event) for event in [EVENT, *others]} | {logged_event_id(DATA.id, EVENT)}
    assert len(ids) == len(others) + 2


def test_an_events_id_is_the_same_in_every_version() -> None:
    """It is in the log of those who use this; another would take equal events for different ones."""
    assert logged_event_id(RUN.id, EVENT) == object_id(
        "logged_event",
        str(RUN.id),
        "oom",
        "node-1",
        "2026-05-01T12:00:00.123456+00:00",
        "1bddd2a27b8f02d1e8b6cbd32a66a5ae38c229b7b0bf2fc86064385c909be577",
    )


def test_a_logged_event_stands_in_the_stream_of_its_object_and_opens_its_id() -> None:
    new = logged(RUN, EVENT)

    assert isinstance(new.data, EventLogged)
    assert (new.data.object_id, new.data.name, new.data.source, new.data.wallclock) == (RUN.id, "oom", "node-1", NOON)
    assert new.opens == (StreamRef("vision", "logged_event", new.data.id),)


def test_a_link_stands_in_the_namespace_of_what_was_made() -> None:
    new = linked(DATA, RUN, "training")

    assert new.data == LineageLinked(from_id=DATA.id, to_id=RUN.id, relation="training")
    assert [(opened.namespace, opened.type) for opened in new.opens] == [("vision", "lineage_link")]
    assert linked(DATA, RUN, "evaluation").opens != new.opens
    assert linked(RUN, DATA, "training").opens[0].id != new.opens[0].id


def test_nothing_is_made_with_itself() -> None:
    with pytest.raises(InvalidFieldError, match=r"^to_id: "):
        linked(RUN, RUN, "")


def test_name_and_digest_make_a_dataset() -> None:
    command = dataset.CreateDataset(namespace="n", name="mnist", digest="sha256:ab", location="s3://b")
    moved = replace(command, location="s3://elsewhere", row_count=5)

    assert command.stream == moved.stream == StreamRef("n", "dataset", object_id("dataset", "n", "mnist", "sha256:ab"))
    assert replace(command, digest="").stream.id != command.stream.id
    created = dataset.creation(moved).event
    assert isinstance(created, DatasetCreated)
    assert (created.dataset_id, created.location, created.row_count, created.column_count) == (
        command.stream.id, "s3://elsewhere", 5, None,
    )  # fmt: skip
