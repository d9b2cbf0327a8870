"""Streams of claims have the same names and ids in every version: two of them may serve one log at the same time."""

from typing import Any
from uuid import UUID

import pytest

from modelbox_events import StreamRef, object_id
from modelbox_gateway.rules import lifecycle, model_registry, run, update
from modelbox_gateway.rules.aggregate import Aggregate

STREAM = StreamRef("vision", "run", UUID(int=7))


@pytest.mark.parametrize(
    ("aggregate", "name", "claim", "number"),
    [
        (lifecycle.LIFECYCLE, "lifecycle_claims", "object_deletion", "1"),
        (model_registry.MODEL_REGISTRY, "model_registry_claims", "model_registry_change", "0"),
        (run.STATUS, "run_status_claims", "run_status_change", "0"),
        (update.LABELS, "update_claims", "object_update", "0"),
    ],
)
def test_an_aggregate_claims_under_the_same_name_in_every_version(
    aggregate: Aggregate[Any], name: str, claim: str, number: str
) -> None:
    claimed = aggregate.claim(STREAM, aggregate.initial)

    assert aggregate.name == name
    assert claimed == StreamRef("vision", claim, object_id(claim, str(STREAM.id), number))


def test_what_decides_on_labels_is_what_creates_an_object_with_labels_in_its_own_stream() -> None:
    assert set(update.LABELLING_TYPES) >= {
        "ExperimentCreated", "RunCreated", "CheckpointCreated", "DatasetCreated", "ModelCreated", "ObjectUpdated",
    }  # fmt: skip
    assert "ModelVersionCreated" not in update.LABELLING_TYPES
