"""Runs: what is known of each, how they are read, and what can be searched for."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, get_args
from uuid import UUID

import msgspec

from modelbox_events import Position, object_id
from modelbox_events.types.run import RunCreated
from modelbox_projections.lineage.origin import Node, Origin
from modelbox_projections.objects.object_kind import ObjectKind
from modelbox_projections.objects.queries import Objects
from modelbox_projections.runs import STATEMENTS
from modelbox_projections.search.fields import Expression, FieldRule, beginning, column, ids, texts
from modelbox_projections.search.value_types import ValueType

RunStatus = Literal["running", "finished", "failed", "killed", "lost"]
"""How it is with a run; a running one that sends no heartbeats any more is lost."""


class RunRow(msgspec.Struct, frozen=True):
    """A run of an experiment; `parent_id` is the run it belongs to, `source` what it was made with.

    `external_id` is its id in another tracker.
    `ended_at` and `reason` are those of its last end; one that goes on has no `ended_at`.
    """

    id: UUID
    namespace: str
    experiment_id: UUID
    name: str
    owner: str
    status: RunStatus
    started_at: datetime
    ended_at: datetime | None
    parent_id: UUID | None
    source: dict[str, Any] | None
    external_id: str
    comment: str
    reason: str
    last_heard_of_at: datetime | None
    labels: dict[str, str]
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    created_position: Position


class Runs(Objects[RunRow]):
    """The view of runs."""

    name: ClassVar = "runs"
    row_type: ClassVar = RunRow


SOURCE: Final = "source"
"""Relation of code to the runs that were made with it."""

_SOURCE_FIELDS: Final = ("repository", "commit", "branch", "user", "host", "entry_point", "python_version")


def _of_source(name: str) -> FieldRule:
    text = f"({{at}}.source ->> '{name}')"
    return FieldRule((Expression(ValueType.TEXT, text),), (beginning(text),), present=f"{text} IS NOT NULL")


def _duration_s() -> FieldRule:
    """Return how long a run took, in seconds; one that goes on has none, for it would change from page to page."""
    expression = Expression(ValueType.NUMBER, "extract(epoch FROM {at}.ended_at - {at}.started_at)::double precision")
    return FieldRule((expression,), (expression,), present="{at}.ended_at IS NOT NULL")


def _made_with(created: RunCreated) -> Iterator[Origin]:
    """Give the code that a run was made with, if a commit says which it was."""
    source = created.source
    if source is not None and source.repository and source.commit:
        # The same commit makes runs of any namespace, so it is in none.
        node = Node("code", f"{source.repository}@{source.commit}", "")
        yield Origin(object_id("code", source.repository, source.commit), SOURCE, node)


KIND: Final = ObjectKind(
    creation=RunCreated,
    reads=Runs,
    code_version=4,
    statements=STATEMENTS,
    own=("experiment_id", "parent_id", "started_at", "source", "external_id"),
    begins={"status": "running", "reason": ""},
    fields={
        **texts("name", "owner", "comment", "reason", "external_id"),
        "status": replace(column(ValueType.WORD, "status"), choices=get_args(RunStatus)),
        "started_at": column(ValueType.TIME, "started_at"),
        "ended_at": column(ValueType.TIME, "ended_at", nullable=True),
        "duration": _duration_s(),
        **ids("experiment_id"),
        **ids("parent_id", nullable=True),
        **{f"source.{name}": _of_source(name) for name in _SOURCE_FIELDS},
    },
    aliases={"run_name": "name", "run_id": "id"},  # MLflow's
    words={
        "started_at": ("start_time", "started", "start"),
        "ended_at": ("end_time", "ended", "end", "finished_at"),
        "status": ("state",),
        "duration": ("runtime", "elapsed"),
        "source.user": ("user", "user_id"),
        "source.commit": ("commit",),
        "source.branch": ("branch",),
    },
    made_with=_made_with,
)
