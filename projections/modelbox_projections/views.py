"""The query side: what the views say now.

Every read is one statement, so it sees one state of the views even while a rebuilt generation takes over. How far the
views have come is `Cursors`' business: ask it before the read.

Must not know: the wire, or who asks.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from modelbox_events import Database
from modelbox_events.event import Kind
from modelbox_projections.artifacts.queries import Artifacts
from modelbox_projections.attached.queries import AttachedView
from modelbox_projections.checkpoints.kind import Checkpoints
from modelbox_projections.datasets.kind import Datasets
from modelbox_projections.experiments.kind import Experiments
from modelbox_projections.hyperparameters.queries import Hyperparameters
from modelbox_projections.lineage.queries import LineageView
from modelbox_projections.logged_events.queries import LoggedEvents
from modelbox_projections.metadata.queries import Metadata
from modelbox_projections.metrics.queries import Metrics
from modelbox_projections.model_versions.kind import ModelVersions
from modelbox_projections.models.kind import Models
from modelbox_projections.namespaces.queries import Namespaces
from modelbox_projections.objects.kinds import KINDS
from modelbox_projections.objects.queries import ObjectRow, Objects
from modelbox_projections.runs.kind import Runs
from modelbox_projections.search.queries import Search

View = TypeVar("View")


class Views:
    """All views. Their reads raise `LogUnavailableError` when Postgres does not answer.

    The attributes are views by an older way to ask for them: `views.runs` is `views.of(Runs)`. No further one is added.
    """

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database
        self._made: dict[Callable[[Database], Any], Any] = {}
        self.namespaces = self.of(Namespaces)
        self.experiments = self.of(Experiments)
        self.runs = self.of(Runs)
        self.checkpoints = self.of(Checkpoints)
        self.datasets = self.of(Datasets)
        self.models = self.of(Models)
        self.model_versions = self.of(ModelVersions)
        self.metadata = self.of(Metadata)
        self.hyperparameters = self.of(Hyperparameters)
        self.metrics = self.of(Metrics)
        self.artifacts = self.of(Artifacts)
        self.attached = self.of(AttachedView)
        self.logged_events = self.of(LoggedEvents)
        self.lineage = self.of(LineageView)
        self.search = self.of(Search)

    def of(self, view: Callable[[Database], View]) -> View:
        """Return the view of this class, the same one each time."""
        made: View | None = self._made.get(view)
        if made is None:
            made = self._made[view] = view(self._database)
        return made

    def objects_of(self, kind: Kind) -> Objects[ObjectRow]:
        """Return the view of the objects of a kind, for callers that know no more of it than its name."""
        return self.of(KINDS[kind].reads)
