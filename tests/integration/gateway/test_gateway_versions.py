"""Two versions of ModelBox on one log: what one decides on, the other cannot change unseen."""

from modelbox_events import ANY_VERSION, Append, ChangeEvent, Log, NewEvent, StreamRef, new_id
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.model import ModelCreated
from modelbox_gateway.commands.caller import Caller
from modelbox_gateway.commands.executor import Executor
from modelbox_gateway.rules import model_registry, model_version
from modelbox_gateway.rules.aggregate import Aggregate


def _newer_evolve(state: model_registry.ModelState, event: ChangeEvent) -> model_registry.ModelState:
    """Fold as a version does that counts one type of event more."""
    if isinstance(event, MetadataUpdated):
        return model_registry.ModelState(state.name, state.last_number, state.tags, state.changes + 1)
    return model_registry.evolve(state, event)


OLDER = model_registry.MODEL_REGISTRY
NEWER = Aggregate(
    "model_registry_claims",
    model_registry.ModelState(),
    _newer_evolve,
    (*model_registry.REGISTRY_TYPES, "MetadataUpdated"),
    model_registry.claim,
)


async def test_versions_that_count_other_events_refuse_each_others_late_decisions(log: Log) -> None:
    """Both remember one state; the tag that the older one removed is not removed a second time by the newer one."""
    stream = StreamRef("demo", "model", new_id())
    await log.append(Append(stream=stream, events=[NewEvent(_created(stream))], expected_version=ANY_VERSION))
    logged = NewEvent(MetadataUpdated(object_id=stream.id, metadata={}))
    await log.append(Append(stream=stream, events=[logged], expected_version=ANY_VERSION))
    older, newer = Executor(log, OLDER, cached_max=10), Executor(log, NEWER, cached_max=10)
    await older.execute(stream, lambda state: _take(state, stream), Caller())
    await older.load(stream.id)
    await newer.load(stream.id)

    seen: list[int] = []

    def take_next(state: model_registry.ModelState) -> list[NewEvent]:
        seen.append(state.last_number)
        return _take(state, stream)

    await older.execute(stream, take_next, Caller())
    await newer.execute(stream, take_next, Caller())

    # The newer one's first decision rested on what it remembered; the log refused it.
    assert seen == [1, 1, 2]
    versions = [event for event in await log.read_stream(stream.id) if event.type == "ModelVersionCreated"]
    assert len(versions) == 3


def _created(stream: StreamRef) -> ModelCreated:
    return ModelCreated(
        model_id=stream.id, name="m", owner="", task="", description="", labels={}, metadata={}, files=[]
    )


def _take(state: model_registry.ModelState, stream: StreamRef) -> list[NewEvent]:
    """Create the next version, under an id that tells nothing of its number, so that only the claim can refuse it."""
    [created, *_] = model_version.decide_create_model_version(state, model_version.CreateModelVersion(model=stream))
    return [NewEvent(created.data)]
