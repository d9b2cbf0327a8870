"""Objects to search among: written to the log as events, and kept here as plain values beside."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from modelbox_events import NO_STREAM, STREAM_EXISTS, Append, ChangeEvent, Log, NewEvent, StreamRef
from modelbox_events.event import Kind
from modelbox_events.types.checkpoint import CheckpointCreated
from modelbox_events.types.metadata import MetadataUpdated
from modelbox_events.types.metrics import DoubleSeries, MetricsLogged, StringSeries, doubles_to_json
from modelbox_events.types.model_version import ModelVersionCreated
from modelbox_events.types.objects import HyperparametersLogged, ObjectDeleted
from modelbox_events.types.run import RunCreated, RunEnded, Source
from modelbox_projections import Views
from modelbox_projections.checkpoints.kind import Checkpoints
from modelbox_projections.model_versions.kind import ModelVersions
from modelbox_projections.runs.kind import Runs

NAMESPACES = ["a", "a/b", "a/b/c", "ab", "a_b", "A"]
EXPERIMENTS = [UUID(int=number, version=4) for number in (1, 2)]
MODELS = [UUID(int=number, version=4) for number in (3, 4)]
KEYS = ["k", "val/acc", "a.b", "a.max", "max", "in", "b`c", "größe", "9"]
TEXTS = ["", "a", "A", "ab", "a_b", "a%b", "a\\b", "ä", "Ä", "z", "it's", 'say "hi"', "10", "9", "0.01", "true", "null"]
TEXTS += [
    "\n",
    "😀",
    "\uffff",
    "b`c",
    "ab" * 200,
    "ab" * 200 + "c",
    "adam",
    "Adam",
    "00000000-0000-4000-8000-000000000001",
]
JSON: list[Any] = [None, True, False, 0, 1, -1, 0.01, 1e-2, 9, 9.5, 10, 1e308, -0.0, 2**53, "0.01", "true", "null"]
JSON += ["adam", "", "10", [], [1, "x"], {"a": [None]}, "ab" * 200]
DOUBLES = [0.0, -0.0, 0.5, 0.9, 1e308, -1.0, math.inf, -math.inf, math.nan]
WHOLES = [0, 1, 9, 10, 2**53, 2**53 + 1, 2**63 - 1]
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
TIMES = [START + timedelta(hours=hours, microseconds=hours % 2) for hours in (0, 1, 7, 30)]


@dataclass
class Item:
    """An object as the model of a search knows it; a metric has its values in the order logged."""

    id: UUID
    kind: Kind
    namespace: str
    fields: dict[str, Any]
    labels: dict[str, str] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    deleted: bool = False
    position: int = 0


class Population:
    """Draws objects, always the same ones."""

    def __init__(self) -> None:
        self._random = random.Random(20260131)  # noqa: S311  # no secret
        self.items: list[Item] = []
        self._number = 0

    async def write(self, log: Log) -> None:
        """Append it all to the log."""
        for _ in range(60):
            await self._write(log, *self._run())
        for _ in range(25):
            await self._write(log, *self._checkpoint())
        for _ in range(25):
            await self._write(log, *self._model_version())

    async def read(self, views: Views) -> None:
        """Take over what the database decides: times and positions."""
        by_kind: dict[Kind, Any] = {
            "run": views.of(Runs),
            "checkpoint": views.of(Checkpoints),
            "model_version": views.of(ModelVersions),
        }
        for kind, view in by_kind.items():
            items = {item.id: item for item in self.items if item.kind == kind}
            rows = await view.of_many(list(items))
            assert len(rows) == len(items)
            for object_id, row in rows.items():
                item = items[object_id]
                item.position = row.created_position
                item.fields |= {name: getattr(row, name) for name in ("created_at", "updated_at", "deleted_at")}

    async def _write(self, log: Log, item: Item, created: ChangeEvent) -> None:
        item.fields |= {"id": item.id, "namespace": item.namespace}
        stream = StreamRef(item.namespace, item.kind, item.id)
        events = [created, *self._logged(item)]
        appends = [
            Append(stream=stream, events=[NewEvent(event)], expected_version=STREAM_EXISTS if n else NO_STREAM)
            for n, event in enumerate(events)
        ]
        for append in appends:
            await log.append(append)
        self.items.append(item)

    def _logged(self, item: Item) -> Iterator[ChangeEvent]:
        later = self._mapping(JSON, 2)
        item.metadata |= later
        yield MetadataUpdated(object_id=item.id, metadata=later)
        if item.kind == "run":
            logged = self._mapping(JSON, 2)
            item.params |= logged
            yield HyperparametersLogged(object_id=item.id, hyperparameters=logged)
        for key in self._random.sample(KEYS, 4):
            values = self._random.choices(DOUBLES, k=self._random.randint(1, 4))
            item.metrics.setdefault(key, []).extend(values)
            steps = list(range(100, 100 + len(values)))
            series = DoubleSeries(key=key, steps=steps, wallclock_s=[0.0] * len(steps), values=doubles_to_json(values))
            texts = StringSeries(key=key, steps=[1], wallclock_s=[0.0], values=["text"])
            yield MetricsLogged(object_id=item.id, series=[series, texts])
        if item.kind == "run" and (status := self._one(["running", "finished", "failed", "killed"])) != "running":
            item.fields |= {"status": status, "ended_at": self._one(TIMES), "reason": self._one(TEXTS)}
            ended = {name: item.fields[name] for name in ("status", "ended_at", "reason")}
            yield RunEnded(run_id=item.id, **ended)
        if self._random.random() < 0.15:
            item.deleted = True
            yield ObjectDeleted(object_id=item.id)

    def _run(self) -> tuple[Item, RunCreated]:
        source = self._one([None, self._source()])
        fields: dict[str, Any] = {
            "name": self._one(TEXTS),
            "owner": self._one(TEXTS),
            "comment": self._one(TEXTS),
            "external_id": self._one(TEXTS),
            "experiment_id": self._one(EXPERIMENTS),
            "parent_id": self._one([None, *EXPERIMENTS]),
            "started_at": self._one(TIMES),
        }
        item = Item(uuid4(), "run", self._one(NAMESPACES), dict(fields), self._labels(), self._mapping(JSON, 4))
        item.metadata = self._mapping(JSON, 3)
        item.fields |= {"status": "running", "ended_at": None, "reason": ""}
        item.fields |= {"source.commit": source.commit if source else None}
        created = RunCreated(
            run_id=item.id,
            source=source,
            labels=item.labels,
            metadata=dict(item.metadata),
            hyperparameters=dict(item.params),
            **fields,
        )
        return item, created

    def _source(self) -> Source:
        others = ("repository", "branch", "entry_point", "user", "host", "python_version", "platform")
        return Source(commit=self._one(TEXTS), dirty=False, dependencies={}, **dict.fromkeys(others, ""))

    def _checkpoint(self) -> tuple[Item, CheckpointCreated]:
        by_epoch = self._random.random() < 0.5
        fields: dict[str, Any] = {
            "experiment_id": self._one(EXPERIMENTS),
            "run_id": self._one([None, *EXPERIMENTS]),
            "epoch": self._one(WHOLES) if by_epoch else None,
            "step": None if by_epoch else self._one(WHOLES),
        }
        item = Item(uuid4(), "checkpoint", self._one(NAMESPACES), dict(fields), self._labels())
        item.metadata = self._mapping(JSON, 3)
        created = CheckpointCreated(
            checkpoint_id=item.id, metrics={}, labels=item.labels, metadata=dict(item.metadata), files=[], **fields
        )
        return item, created

    def _model_version(self) -> tuple[Item, ModelVersionCreated]:
        self._number += 1
        fields: dict[str, Any] = {
            "model_id": self._one(MODELS),
            "name": self._one(TEXTS),
            "description": self._one(TEXTS),
            "framework": self._one(["PYTORCH", "LIGHTGBM", ""]),
            "version": self._one([f"{self._number}", f"v{self._number}", f"0{self._number}", f"{self._number}.0"]),
            "run_id": self._one([None, *EXPERIMENTS]),
        }
        item = Item(uuid4(), "model_version", self._one(NAMESPACES), dict(fields), self._labels())
        item.metadata = self._mapping(JSON, 3)
        # A tag belongs to one version of a model, so each is drawn with the version's number.
        tags = self._random.choice([[], [f"a{self._number}"], [f"a{self._number}", f"B%{self._number}"]])
        item.tags = set(tags)
        created = ModelVersionCreated(
            model_version_id=item.id, labels=item.labels, metadata=dict(item.metadata), unique_tags=tags, files=[],
            uploaded=[], experiment_id=None, checkpoint_id=None, metrics={}, step=0, **fields,
        )  # fmt: skip
        return item, created

    def _labels(self) -> dict[str, str]:
        return self._mapping(TEXTS, 4)

    def _mapping(self, values: list[Any], count: int) -> dict[str, Any]:
        return {key: self._one(values) for key in self._random.sample(KEYS, count)}

    def _one(self, values: list[Any]) -> Any:
        return self._random.choice(values)
