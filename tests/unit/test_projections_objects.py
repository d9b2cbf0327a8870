"""The pure part of the views of objects: what several events of a page add up to."""

import math
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from modelbox_events import ChangeEvent, Codec, Position, RecordedEvent
from modelbox_events.registry import REGISTRY
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.lineage import LineageLinked
from modelbox_events.types.metrics import doubles_from_json
from modelbox_events.types.objects import HyperparametersLogged, ObjectDeleted, ObjectRestored, ObjectUpdated
from modelbox_events.types.run import RunCreated, RunEnded, RunResumed
from modelbox_projections import PROJECTIONS, DecodedEvent
from modelbox_projections.hyperparameters.projection import fold as fold_hyperparameters
from modelbox_projections.lineage.projection import fold as fold_lineage
from modelbox_projections.metrics.points import NOTHING, Points
from modelbox_projections.objects.changes import OF_ANY_OBJECT, Change
from modelbox_projections.objects.creations import CREATING
from modelbox_projections.objects.kinds import KINDS
from modelbox_projections.runs.kind import KIND
from modelbox_projections.runs.projection import RunChanges

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
RUN, EXPERIMENT = UUID(int=1), UUID(int=2)


def decoded(*events: ChangeEvent) -> list[DecodedEvent]:
    """Return the events as a page holds them, all of one run's stream; a second passes from one to the next."""
    return [
        DecodedEvent(
            RecordedEvent(
                position=Position(number), namespace="n", stream_type="run", stream_id=RUN, version=number,
                event_id=UUID(int=number), type=type(event).__name__, schema_version=1,
                recorded_at=BEGIN + timedelta(seconds=number), occurred_at=None, actor="a", auth_type=0,
                correlation_id=None, causation_id=None, trace=None, codec=Codec.JSON, data=REGISTRY.encode(event),
                data_ref=None, data_sha256=None, meta=b"", key_id=None, salt=None, content_hash=b"", hash=b"",
            ),
            REGISTRY,
        )
        for number, event in enumerate(events, start=1)
    ]  # fmt: skip


def created(**hyperparameters: object) -> RunCreated:
    return RunCreated(
        run_id=RUN, experiment_id=EXPERIMENT, name="r", owner="", parent_id=None, started_at=BEGIN, source=None,
        comment="", labels={"a": "1"}, metadata={}, hyperparameters=hyperparameters,
    )  # fmt: skip


def updated(
    *, owner: str | None = None, labels: dict[str, str] | None = None, removed: tuple[str, ...] = ()
) -> ObjectUpdated:
    texts = {"owner": owner, "description": None, "task": None, "comment": None}
    return ObjectUpdated(object_id=RUN, **texts, labels=labels or {}, labels_removed=list(removed))


def changes_of(*events: ChangeEvent) -> RunChanges:
    changes = RunChanges(KIND)
    for event in decoded(*events):
        changes.add(event)
    return changes


def change_of(*events: ChangeEvent) -> Change:
    return changes_of(*events).changed[RUN]


def test_the_last_word_on_each_text_and_label_counts() -> None:
    change = change_of(
        updated(owner="ada", labels={"a": "1", "b": "1"}),
        updated(labels={"c": "1"}, removed=("b", "d")),
        updated(owner="", labels={"d": "2"}, removed=("c",)),
    )
    assert (change.owner, change.description) == ("", None)
    assert change.labels == {"a": "1", "b": None, "c": None, "d": "2"}
    assert change.at == BEGIN + timedelta(seconds=3)


@pytest.mark.parametrize(
    "events, decides, deleted",
    [
        ([updated()], False, False),
        ([ObjectDeleted(object_id=RUN), updated()], True, True),
        ([ObjectDeleted(object_id=RUN), ObjectRestored(object_id=RUN)], True, False),
    ],
)
def test_the_last_of_deletion_and_restoration_counts(
    events: list[ChangeEvent], *, decides: bool, deleted: bool
) -> None:
    change = change_of(*events)
    assert (change.decides, change.deleted_at is not None) == (decides, deleted)


def test_the_last_turn_of_a_run_counts() -> None:
    ended = RunEnded(run_id=RUN, status="failed", ended_at=BEGIN, reason="oom")
    resumed = RunResumed(run_id=RUN, resumed_at=BEGIN, reason="")
    assert changes_of(created(), ended).turned == {RUN: ("failed", BEGIN, None, "oom")}
    resumed_at = BEGIN + timedelta(seconds=3)
    assert changes_of(created(), ended, resumed).turned == {RUN: ("running", None, resumed_at, "")}


def test_a_creation_begins_anew() -> None:
    ended = RunEnded(run_id=RUN, status="failed", ended_at=BEGIN, reason="")
    changes = changes_of(updated(owner="x"), ended, created())
    assert (len(changes.created), changes.changed, changes.turned) == (1, {}, {})


def test_numbers_of_hyperparameters_are_told_from_what_only_looks_like_one() -> None:
    logged = HyperparametersLogged(object_id=RUN, hyperparameters={"lr": 0.5, "flag": True, "text": "1", "seed": 3})
    rows = fold_hyperparameters(decoded(created(lr=0.1, layers=[1]), logged))
    assert {name: (value, number) for _, name, value, number, _ in rows} == {
        "lr": ("0.5", 0.5), "layers": ("[1]", None), "flag": ("true", None), "text": ('"1"', None), "seed": ("3", 3.0),
    }  # fmt: skip


@pytest.mark.parametrize(
    "steps, wallclock_s, values, summary",
    [
        ([1, 2, 3], [0.0, 0.0, 0.0], [3.0, 1.0, 2.0], (2.0, 3, 0.0, 1.0, 3.0)),
        ([3, 1, 2], [7.0, 0.0, 0.0], [3.0, 1.0, 2.0], (3.0, 3, 7.0, 1.0, 3.0)),
        ([1, 1, 1], [5.0, 5.0, 4.0], [1.0, 2.0, 3.0], (2.0, 1, 5.0, 1.0, 3.0)),
        ([1, 2], [0.0, 0.0], [4.0, "-Infinity"], (-math.inf, 2, 0.0, -math.inf, 4.0)),
        ([1, 2, 3], [0.0, 0.0, 0.0], ["NaN", 4.0, 5.0], (5.0, 3, 0.0, 4.0, 5.0)),
    ],
)
def test_a_series_of_doubles_comes_to_its_last_smallest_and_largest_point(
    steps: list[int], wallclock_s: list[float], values: list[float], summary: tuple[float, ...]
) -> None:
    doubles = doubles_from_json(values)
    whole = NOTHING.with_later(Points(steps, wallclock_s, doubles))
    assert msgspec.structs.astuple(whole) == summary
    one_by_one = NOTHING
    for step, at, value in zip(steps, wallclock_s, doubles, strict=True):
        one_by_one = one_by_one.with_later(Points([step], [at], [value]))
    assert msgspec.structs.astuple(one_by_one) == summary


def test_what_follows_from_how_objects_are_created_is_lineage_too() -> None:
    made = CheckpointCreated(
        checkpoint_id=UUID(int=3), experiment_id=EXPERIMENT, run_id=RUN, epoch=None, step=9, metrics={}, labels={},
        metadata={}, files=[],
    )  # fmt: skip
    linked = LineageLinked(from_id=UUID(int=4), to_id=RUN, relation="training")
    nodes, edges = fold_lineage(decoded(created(), made, linked, linked))
    assert nodes == {RUN: ("run", "r", "n"), UUID(int=3): ("checkpoint", "step 9", "n")}
    assert list(edges) == [(RUN, UUID(int=3), "produced"), (UUID(int=4), RUN, "training")]


def test_every_event_type_is_folded_by_some_view() -> None:
    read = frozenset[str]().union(*(projection.event_types for projection in PROJECTIONS.values()))
    # What a log tells of itself is of no object.
    assert read == REGISTRY.types.keys() - {"LogForked", "ClockCorrected", "EventRedacted"}


def test_every_kind_of_object_reads_what_any_object_can_have() -> None:
    kinds = {kind.view for kind in KINDS.values()}
    creating = {name: PROJECTIONS[name].event_types & CREATING for name in kinds}
    assert all(len(types) == 1 for types in creating.values())
    assert frozenset[str]().union(*creating.values()) == CREATING
    assert all(PROJECTIONS[name].event_types >= OF_ANY_OBJECT for name in kinds)
