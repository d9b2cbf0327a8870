"""What hangs on objects is read in one statement, and is what the views of each part say."""

import uuid

from modelbox_events import Log
from modelbox_events.types.artifact import ArtifactsTracked, TrackedFile
from modelbox_events.types.metrics import DoubleSeries, MetricsLogged, StringSeries
from modelbox_projections import Attached, prepare
from modelbox_projections.attached.queries import AttachedView
from modelbox_projections.hyperparameters.queries import Hyperparameters
from modelbox_projections.metadata.queries import Metadata
from modelbox_projections.metrics.queries import Metrics
from tests.integration.projections.projections_objects import experiment_created, experiment_ref, run_created, run_ref
from tests.integration.projections_support import append, settled

EXPERIMENT, RUN = experiment_ref("e"), run_ref(1)


async def test_what_hangs_on_objects_is_read_at_once(dsn: str, log: Log) -> None:
    await prepare(dsn)
    await append(log, EXPERIMENT, experiment_created(EXPERIMENT, metadata={"b": 1, "a": None, "\u00e4": "x", "B": []}))
    await append(log, RUN, run_created(RUN, EXPERIMENT.id, hyperparameters={"lr": 0.1, "Lr": True}))
    series = [
        DoubleSeries(key=key, steps=[1, 2], wallclock_s=[1.0, 2.0], values=[0.5, 0.25]) for key in ("loss", "acc")
    ]
    note = StringSeries(key="note", steps=[1], wallclock_s=[1.0], values=["x"])
    await append(log, RUN, MetricsLogged(object_id=RUN.id, series=[*series, note]))
    file = TrackedFile(id=uuid.uuid4(), path="p", file_type="MODEL", checksum="")
    await append(log, RUN, ArtifactsTracked(object_id=RUN.id, files=[file]))
    views, unknown = await settled(log), uuid.uuid4()
    ids = [EXPERIMENT.id, RUN.id, unknown]

    found = await views.of(AttachedView).of_many(ids)

    metadata, hyperparameters = await views.of(Metadata).of_many(ids), await views.of(Hyperparameters).of_many(ids)
    metrics = await views.of(Metrics).summaries_of_many(ids)
    for object_id in ids:
        assert list(found[object_id].metadata.items()) == list(metadata[object_id].items())
        assert list(found[object_id].hyperparameters.items()) == list(hyperparameters[object_id].items())
        assert found[object_id].metrics == metrics[object_id]
    assert [metric.key for metric in found[RUN.id].metrics] == ["acc", "loss"]
    assert {object_id for object_id in ids if found[object_id].has_files} == {RUN.id}
    assert found[unknown] == Attached({}, {}, [])
