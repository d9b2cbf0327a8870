"""A log as teams write it: trainings with their points, checkpoints, files and notes, and the models made of them.

Three quarters of its events are metric points, as in a log of trainings. It is the same for the same seed. Events are
described by plain values, so that an earlier version of ModelBox can write it too (`tests/upgrade`): of each
it takes what it knows.
"""

import asyncio
import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from modelbox_events import ANY_VERSION, Append, ChangeEvent, Log, NewEvent, StreamRef, object_id

NAMESPACE: Final = "mixed"
RUNS_AN_EXPERIMENT: Final = 50
POINTS_EVENTS: Final = 40
"""How many events with metric points a run has; each has `KEYS` keys at `STEPS` steps."""
KEYS: Final = 5
STEPS: Final = 2
CHECKPOINTS: Final = 3
FILES: Final = 2
RUNS_A_VERSION: Final = 5
"""Each so many runs, the experiment's model gets a version."""
DELETED_EVERY_RUNS: Final = 50
APPENDS_AT_ONCE: Final = 100
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Described(NamedTuple):
    """An event by the name of its type and its fields; `opens` are the streams that it opens."""

    type: str
    fields: dict[str, Any]
    opens: tuple[StreamRef, ...] = ()


Written = tuple[StreamRef, list[Described]]
"""Events to append to a stream, all of them or none."""


async def fill(log: Log, events: int, *, seed: int = 1) -> None:
    """Append at least so many events; each seed makes other objects."""
    appends = mixed(events, seed=seed)
    while batch := list(islice(appends, APPENDS_AT_ONCE)):
        await asyncio.gather(*map(log.append, batch))


def mixed(events: int, *, seed: int) -> Iterator[Append]:
    """Give appends with so many events or a few more, in their order."""
    types = {event_type.__name__: event_type for event_type in ChangeEvent.__subclasses__()}
    made = 0
    for stream, described in _teams(random.Random(seed)):  # noqa: S311  # no secret
        new = [NewEvent(msgspec.convert(one.fields, types[one.type]), one.opens) for one in described]
        yield Append(stream=stream, events=new, expected_version=ANY_VERSION)
        made += len(new)
        if made >= events:
            return


def _teams(draw: random.Random) -> Iterator[Written]:
    """Give what one team after the other does, without end: an experiment, its data, its model, its runs."""
    for number in count():
        name = f"{draw.getrandbits(32):08x}-{number}"
        experiment, dataset, model = (_named(kind, name) for kind in ("experiment", "dataset", "model"))
        yield experiment, [_experiment(experiment.id, name, number)]
        yield dataset, [_dataset(dataset.id, name)]
        yield model, [_model(model.id, name)]
        earlier: UUID | None = None
        for place in range(RUNS_AN_EXPERIMENT):
            run = StreamRef(NAMESPACE, "run", _drawn(draw))
            yield run, _run(draw, run.id, experiment.id, dataset.id, place)
            for epoch in range(CHECKPOINTS):
                checkpoint_id = object_id("checkpoint", str(run.id), "epoch", str(epoch))
                checkpoint = StreamRef(NAMESPACE, "checkpoint", checkpoint_id)
                yield checkpoint, [_checkpoint(draw, checkpoint.id, experiment.id, run.id, epoch)]
            if place % RUNS_A_VERSION == 0:
                version = StreamRef(NAMESPACE, "model_version", object_id("model_version", str(model.id), str(place)))
                made = {"model_id": model.id, "run_id": run.id, "version": str(place)}
                yield model, _version(draw, version, made, earlier)
                earlier = version.id


def _run(draw: random.Random, run: UUID, experiment: UUID, dataset: UUID, place: int) -> list[Described]:
    began = _BEGIN + timedelta(minutes=draw.randrange(400_000))
    link = StreamRef(NAMESPACE, "lineage_link", object_id("lineage_link", str(dataset), str(run), "training"))
    events = [
        _run_created(draw, run, experiment, began, place),
        Described("LineageLinked", {"from_id": dataset, "to_id": run, "relation": "training"}, (link,)),
    ]
    for number in range(POINTS_EVENTS):
        events.append(_points(draw, run, began, first_step=number * STEPS))
        if number == POINTS_EVENTS // 2:
            seen = {"object_id": run, "metadata": {"epoch": number, "note": "half way", "sizes": [number, place]}}
            events += [Described("MetadataUpdated", seen), _logged_event(draw, run, began)]
    events += [_upload(draw, run, number) for number in range(FILES)]
    learned = {"object_id": run, "hyperparameters": {"lr.final": draw.random() / 100, "epochs": CHECKPOINTS}}
    events += [Described("HyperparametersLogged", learned), _logged_event(draw, run, began)]
    events.append(Described("MetadataUpdated", {"object_id": run, "metadata": {"epoch": CHECKPOINTS, "done": True}}))
    ended = {"run_id": run, "status": "finished", "ended_at": began + timedelta(hours=1), "reason": ""}
    events.append(Described("RunEnded", ended))
    if place % DELETED_EVERY_RUNS == DELETED_EVERY_RUNS - 1:
        events.append(Described("ObjectDeleted", {"object_id": run}))
    return events


def _run_created(draw: random.Random, run: UUID, experiment: UUID, began: datetime, place: int) -> Described:
    source = {
        "repository": "https://example.org/digits.git", "commit": f"{draw.getrandbits(160):040x}", "branch": "main",
        "dirty": False, "entry_point": "train.py", "user": "ana", "host": "trainer", "python_version": "3.13.1",
        "platform": "Linux", "dependencies": {"numpy": "2.3", "torch": "2.9"},
    }  # fmt: skip
    hyperparameters = {
        "lr": round(draw.random(), 4), "batch_size": 2 ** draw.randrange(4, 11), "seed": draw.randrange(10**6),
        "optimizer": draw.choice(["adam", "sgd", "lion"]), "dropout": draw.random(), "layers": draw.randrange(2, 24),
        "schedule": {"name": "cosine", "warm_up": draw.randrange(1000)}, "augment": draw.random() < 0.5,
    }  # fmt: skip
    fields = {
        "run_id": run, "experiment_id": experiment, "name": f"run-{place}", "owner": f"owner-{place % 7}@example.org",
        "parent_id": None, "started_at": began, "source": source, "comment": "",
        "labels": {"env": draw.choice(["dev", "prod"]), "team": f"team-{place % 5}"},
        "metadata": {}, "hyperparameters": hyperparameters,
    }  # fmt: skip
    return Described("RunCreated", fields)


def _points(draw: random.Random, run: UUID, began: datetime, *, first_step: int) -> Described:
    steps = list(range(first_step, first_step + STEPS))
    wallclock_s = [began.timestamp() + step for step in steps]
    series = [
        {"kind": "double", "key": f"key_{key}", "steps": steps, "wallclock_s": wallclock_s,
         "values": [draw.random() for _ in steps]}
        for key in range(KEYS)
    ]  # fmt: skip
    return Described("MetricsLogged", {"object_id": run, "series": series})


def _logged_event(draw: random.Random, run: UUID, began: datetime) -> Described:
    event_id = _drawn(draw)
    at = began + timedelta(seconds=draw.randrange(3600))
    fields = {"object_id": run, "id": event_id, "name": "validated", "source": "trainer", "wallclock": at,
              "metadata": {"loss": draw.random()}}  # fmt: skip
    return Described("EventLogged", fields, (StreamRef(NAMESPACE, "logged_event", event_id),))


def _upload(draw: random.Random, run: UUID, number: int) -> Described:
    content = hashlib.sha256(draw.randbytes(8)).hexdigest()
    file_id = _drawn(draw)
    fields = {"object_id": run, "id": file_id, "path": f"out/file-{number}.bin", "file_type": "UNDEFINED",
              "size": draw.randrange(10**9), "sha256": content, "md5": content[:32]}  # fmt: skip
    return Described("ArtifactUploaded", fields, (StreamRef(NAMESPACE, "artifact", file_id),))


def _checkpoint(draw: random.Random, checkpoint: UUID, experiment: UUID, run: UUID, epoch: int) -> Described:
    file_id = _drawn(draw)
    file = {"id": file_id, "path": f"s3://checkpoints/{run}/{epoch}", "file_type": "CHECKPOINT", "checksum": ""}
    fields = {
        "checkpoint_id": checkpoint, "experiment_id": experiment, "run_id": run, "epoch": epoch, "step": None,
        "metrics": {"val_loss": draw.random(), "val_acc": draw.random()}, "labels": {}, "metadata": {"epoch": epoch},
        "files": [file],
    }  # fmt: skip
    return Described("CheckpointCreated", fields, (StreamRef(NAMESPACE, "artifact", file_id),))


def _experiment(experiment: UUID, name: str, number: int) -> Described:
    fields = {
        "experiment_id": experiment, "name": name, "owner": f"owner-{number % 7}@example.org", "framework": "PYTORCH",
        "task": "classification", "description": "Tells handwritten digits apart", "external_id": "", "parent_id": None,
        "labels": {"team": f"team-{number % 5}"}, "metadata": {"goal": 0.95},
    }  # fmt: skip
    return Described("ExperimentCreated", fields)


def _dataset(dataset: UUID, name: str) -> Described:
    columns = [{"name": f"column {column}", "type": "float64", "summary": {"mean": 0.5}} for column in range(8)]
    fields = {
        "dataset_id": dataset, "name": name, "location": f"s3://data/{name}", "digest": "", "columns": columns,
        "row_count": 60_000, "column_count": len(columns), "labels": {}, "metadata": {},
    }  # fmt: skip
    return Described("DatasetCreated", fields)


def _model(model: UUID, name: str) -> Described:
    fields = {
        "model_id": model, "name": name, "owner": "ana", "task": "classification", "description": "", "labels": {},
        "metadata": {"dataset": name}, "files": [],
    }  # fmt: skip
    return Described("ModelCreated", fields)


def _version(draw: random.Random, version: StreamRef, made: dict[str, Any], earlier: UUID | None) -> list[Described]:
    """Return a version that takes its model's tag from the one before; `made` says of which model and by which run."""
    file_id = _drawn(draw)
    fields = {
        **made, "model_version_id": version.id, "name": "digits", "description": "",
        "framework": "PYTORCH", "unique_tags": [], "labels": {"env": "dev"}, "metadata": {"quantised": False},
        "files": [{"id": file_id, "path": f"s3://models/{version.id}", "file_type": "MODEL", "checksum": ""}],
        "uploaded": [], "experiment_id": None, "checkpoint_id": None,
        "metrics": {"val_acc": draw.random()}, "step": CHECKPOINTS,
    }  # fmt: skip
    moved = {
        "model_id": made["model_id"],
        "tag": "latest",
        "model_version_id": version.id,
        "from_model_version_id": earlier,
    }
    opens = (version, StreamRef(NAMESPACE, "artifact", file_id))
    return [Described("ModelVersionCreated", fields, opens), Described("UniqueTagMoved", moved)]


def _named(kind: str, name: str) -> StreamRef:
    key = (NAMESPACE, name, "") if kind == "dataset" else (NAMESPACE, name)  # a dataset's digest is a part of its key
    return StreamRef(NAMESPACE, kind, object_id(kind, *key))


def _drawn(draw: random.Random) -> UUID:
    return UUID(int=draw.getrandbits(128), version=4)
