"""What follows from the row of a kind: its statements, and which of its columns are JSON."""

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import pytest

from modelbox_events import Database, Position
from modelbox_projections import Views
from modelbox_projections.datasets.kind import DatasetRow, Datasets
from modelbox_projections.objects.columns import column_type, insert_of, json_columns, select_of
from modelbox_projections.objects.kinds import KINDS
from modelbox_projections.runs.kind import KIND, RunRow

INSERT_RUNS = """INSERT INTO objects
    (id, namespace, name, owner, description, task, comment, labels, created_at, updated_at, created_position,
    experiment_id, parent_id, started_at, source, external_id, status, reason)
SELECT *, 'running', '' FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::jsonb[],
    $9::timestamptz[], $10::timestamptz[], $11::bigint[], $12::uuid[], $13::uuid[], $14::timestamptz[],
    $15::json[], $16::text[]
)"""

SELECT_DATASETS = """SELECT
    id, namespace, name, location, digest, columns, row_count, column_count, labels, deleted_at, created_at,
    updated_at, created_position
FROM modelbox_views.datasets
WHERE id = ANY ($1::uuid[])"""

VIEW_DATASETS = """CREATE VIEW datasets AS
SELECT
    id, namespace, name, location, digest, columns, row_count, column_count, labels, deleted_at, created_at,
    greatest(updated_at, (
        SELECT touched.at FROM touches AS touched
        WHERE touched.object_id = objects.id
        ORDER BY touched.position DESC
        LIMIT 1
    )) AS updated_at,
    created_position
FROM objects;
"""


def test_a_kinds_statements_follow_from_its_row() -> None:
    assert insert_of(RunRow, KIND.own, KIND.begins) == INSERT_RUNS
    assert select_of("datasets", DatasetRow) == SELECT_DATASETS
    assert KINDS["dataset"].all_statements["tables"].endswith(VIEW_DATASETS)


def test_a_view_of_more_than_columns_of_the_table_is_as_its_kind_writes_it() -> None:
    assert KINDS["run"].statements["view"] in KINDS["run"].all_statements["tables"]


def test_json_columns_are_read_as_what_they_say() -> None:
    assert json_columns(DatasetRow) == {"columns", "labels"}
    assert json_columns(RunRow) == {"source", "labels"}
    assert json_columns(KINDS["model_version"].reads.row_type) == {"labels"}  # its tags are an array of texts


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (UUID, "uuid"),
        (UUID | None, "uuid"),
        (str, "text"),
        (Literal["a", "b"], "text"),
        (int | None, "bigint"),
        (Position, "bigint"),
        (float, "double precision"),
        (bool, "boolean"),
        (datetime | None, "timestamptz"),
        (list[str], "text[]"),
        (dict[str, str], "json"),
        (list[dict[str, Any]] | None, "json"),
    ],
)
def test_an_annotation_says_the_type_of_a_column(hint: object, name: str) -> None:
    assert column_type(hint) == name


def test_a_column_of_no_known_type_is_refused() -> None:
    with pytest.raises(TypeError, match="bytes"):
        column_type(bytes)


def test_a_view_is_made_once_and_found_by_its_class_or_kind() -> None:
    views = Views(cast("Database", object()))
    assert views.of(Datasets) is views.of(Datasets)
    assert views.objects_of("dataset") is views.of(Datasets)
