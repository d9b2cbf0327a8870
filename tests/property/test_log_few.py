"""The few events of a stream are found wherever they stand: in its first hundred, which are read through, or later."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelbox_events import ANY_VERSION, NO_STREAM, Append, ExpectedVersion, Log, NewEvent, StreamRef, new_id
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import MetricsLogged
from modelbox_events.types.run import RunResumed
from tests.integration.log_cases import assert_whole

FEW = ["MetadataUpdated", "RunResumed"]
# Runs of events of one type: long ones of reports, so that the others come to stand on both sides of the hundredth.
spans = st.lists(st.tuples(st.sampled_from(["few", "other few", "report"]), st.integers(1, 70)), min_size=1, max_size=6)
bounds = st.integers(0, 260)
pages = st.fixed_dictionaries({"limit": st.integers(1, 40), "bytes_max": st.sampled_from([60, 500, 1 << 20])})
wanted_types = st.lists(st.sampled_from(FEW), min_size=1, max_size=2, unique=True)


def _events(stream: StreamRef, drawn: list[tuple[str, int]]) -> Iterator[NewEvent]:
    made: dict[str, Any] = {
        "few": MetadataUpdated(object_id=stream.id, metadata={"k": "x" * 40}),
        "other few": RunResumed(run_id=stream.id, resumed_at=datetime.now(UTC), reason=""),
        "report": MetricsLogged(object_id=stream.id, series=[]),
    }
    for kind, count in drawn:
        yield from [NewEvent(made[kind])] * count


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=spans, bound=bounds, types=wanted_types, page_of=pages)
async def test_pages_of_some_types_are_the_stream_without_the_others(
    log: Log, drawn: list[tuple[str, int]], bound: int, types: list[str], page_of: dict[str, int]
) -> None:
    stream = StreamRef("default", "run", new_id())
    events = list(_events(stream, drawn))
    await log.append(Append(stream=stream, events=events, expected_version=ANY_VERSION))
    standing = [n for n, event in enumerate(events, 1) if type(event.data).__name__ in types]

    there: list[int] = []
    after = bound
    while page := await log.read_stream(stream.id, after_version=after, types=types, **page_of):
        assert len(page) <= page_of["limit"]
        there += [event.version for event in page]
        after = there[-1]
    back: list[int] = []
    before = bound + 1
    while page := await log.read_stream_back(stream.id, before_version=before, types=types, **page_of):
        back += [event.version for event in page]
        before = back[-1]

    assert there == [version for version in standing if version > bound]
    assert back == [version for version in reversed(standing) if version <= bound]


async def test_a_stream_is_found_at_each_version_whatever_block_it_stands_in(log: Log) -> None:
    """Its row moves from block to block, and is found by an exact version each time."""
    stream = StreamRef("default", "run", new_id())
    for version in range(200):
        change = NewEvent(MetadataUpdated(object_id=stream.id, metadata={"k": version}))
        appended = await log.append(
            Append(stream=stream, events=[change], expected_version=ExpectedVersion(version) if version else NO_STREAM)
        )
        assert appended.version == version + 1
        found = await log.find_stream(stream.id)
        assert found is not None
        assert found.version == version + 1
    await assert_whole(log)
