"""Whatever requests share a batch, each is judged on its own references, and the log verifies."""

import asyncio
from typing import NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelbox_events import (
    ANY_VERSION,
    NO_STREAM,
    STREAM_EXISTS,
    Append,
    Appended,
    ClaimLostError,
    ExpectedVersion,
    IdempotencyKeyReusedError,
    InvalidEventError,
    Log,
    NewEvent,
    StreamExistsError,
    StreamNotFoundError,
    StreamRef,
    WrongExpectedVersionError,
)
from modelbox_events.event import Claim
from modelbox_events.types.metadata import MetadataUpdated
from tests.integration.log_cases import assert_whole

# Few ids, so that they collide; a prefix keeps the examples of one test apart.
refs = st.builds(
    lambda number, namespace, kind: StreamRef(namespace, kind, UUID(int=number)),
    st.integers(1, 4), st.sampled_from(["a", "b"]), st.sampled_from(["model", "run"]),
)  # fmt: skip
expectations = st.sampled_from([NO_STREAM, STREAM_EXISTS, ANY_VERSION, ExpectedVersion(0), ExpectedVersion(1)])
few_refs = st.lists(refs, max_size=2).map(tuple)
claimed_refs = st.builds(
    lambda number, namespace, kind: StreamRef(namespace, kind, UUID(int=number)),
    st.integers(3, 6), st.sampled_from(["a", "b"]), st.sampled_from(["model_claims", "run_claims", "run"]),
)  # fmt: skip
claims = st.lists(st.builds(Claim, claimed_refs, st.integers(0, 2)), max_size=1).map(tuple)
changes = st.builds(MetadataUpdated, object_id=st.uuids(), metadata=st.just({"k": 1}))
events = st.lists(st.builds(NewEvent, changes, few_refs), min_size=1, max_size=2)
requests = st.builds(
    Append, stream=refs, events=events, expected_version=expectations, absent=few_refs, claims=claims,
    key=st.sampled_from(["k1", "k2"]) | st.none(),
)  # fmt: skip
REFUSALS = (
    ClaimLostError, IdempotencyKeyReusedError, InvalidEventError, StreamExistsError, StreamNotFoundError,
    WrongExpectedVersionError,
)  # fmt: skip


class Stream(NamedTuple):
    """What the model knows of an id."""

    ref: StreamRef
    version: int


def apart(request: Append, example: int) -> Append:
    """Return the request with ids and a key that no other example has."""

    def moved(ref: StreamRef) -> StreamRef:
        return StreamRef(ref.namespace, ref.type, UUID(int=ref.id.int + (example << 32)))

    return Append(
        stream=moved(request.stream),
        events=[NewEvent(event.data, tuple(map(moved, event.opens))) for event in request.events],
        expected_version=request.expected_version,
        absent=tuple(map(moved, request.absent)),
        claims=tuple(Claim(moved(claim.stream), claim.version) for claim in request.claims),
        key=None if request.key is None else f"{example}-{request.key}",
    )


def hold(request: Append, streams: dict[UUID, Stream]) -> bool:
    """Whether the request holds on these streams alone; what it records is then put there."""
    found = streams.get(request.stream.id)
    if found is not None and found.ref != request.stream:
        return False
    version = -1 if found is None else found.version
    expected = request.expected_version
    if not (expected in (ANY_VERSION, version) or (expected == STREAM_EXISTS and version >= 0)):
        return False
    for claim in request.claims:
        held = streams.get(claim.stream.id)
        if held is not None and held.ref != claim.stream:
            return False
        if claim.version != (0 if held is None else held.version):
            return False
    opens = [ref for event in request.events for ref in event.opens]
    if any(ref.id in streams for ref in (*opens, *request.absent)):
        return False
    streams |= {ref.id: Stream(ref, 0) for ref in opens}
    streams |= {claim.stream.id: Stream(claim.stream, claim.version + 1) for claim in request.claims}
    streams[request.stream.id] = Stream(request.stream, max(version, 0) + len(request.events))
    return True


EXAMPLES = iter(range(1, 1 << 30))


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(drawn=st.lists(requests, min_size=1, max_size=12))
async def test_each_request_of_a_batch_is_judged_on_its_own_references(log: Log, drawn: list[Append]) -> None:
    """In whichever order the log took those that it recorded, each of them held, and stands where it said."""
    example = next(EXAMPLES)
    batch = [apart(request, example) for request in drawn]

    results = await asyncio.gather(*(log.append(request) for request in batch), return_exceptions=True)

    assert [result for result in results if not isinstance(result, (Appended, *REFUSALS))] == []
    recorded = {
        result.last_position: (request, result)
        for request, result in zip(batch, results, strict=True)
        if isinstance(result, Appended) and not result.duplicate
    }
    streams: dict[UUID, Stream] = {}
    for _, (request, result) in sorted(recorded.items()):
        assert hold(request, streams)
        assert streams[request.stream.id].version == result.version
    if len(batch) == 1 and not isinstance(results[0], InvalidEventError):
        assert bool(recorded) == hold(batch[0], {})
    for ref, version in streams.values():
        found = await log.find_stream(ref.id)
        assert found is not None
        assert (found.ref, found.version) == (ref, version)
    whole = await assert_whole(log)
    for request, result in recorded.values():
        for event in whole[result.first_position - 1 : result.last_position]:
            assert StreamRef(event.namespace, event.stream_type, event.stream_id) == request.stream
