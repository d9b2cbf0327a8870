"""The query side: what the views say now.

Every read is one statement, so it sees one state of the views even while a rebuilt generation takes over. How far the
views have come is `Cursors`' business: ask it before the read.

Must not know: the wire, or who asks.
"""

from modelbox_events import Database
from modelbox_projections.artifacts.queries import Artifacts
from modelbox_projections.attached.queries import AttachedView
from modelbox_projections.checkpoints.queries import Checkpoints
from modelbox_projections.datasets.queries import Datasets
from modelbox_projections.experiments.queries import Experiments
from modelbox_projections.hyperparameters.queries import Hyperparameters
from modelbox_projections.lineage.queries import LineageView
from modelbox_projections.logged_events.queries import LoggedEvents
from modelbox_projections.metadata.queries import Metadata
from modelbox_projections.metrics.queries import Metrics
from modelbox_projections.model_versions.queries import ModelVersions
from modelbox_projections.models.queries import Models
from modelbox_projections.namespaces.queries import Namespaces
from modelbox_projections.runs.queries import Runs
from modelbox_projections.search.queries import Search


class Views:
    """All views. Their reads raise `LogUnavailableError` when Postgres does not answer.

    Attributes:
        namespaces: Which namespaces there are.
        experiments: The experiments.
        runs: The runs of experiments.
        checkpoints: The training checkpoints of experiments and runs.
        datasets: The datasets.
        models: The models.
        model_versions: The model versions, with their unique tags.
        metadata: The metadata of every object.
        hyperparameters: The hyperparameters of every object.
        metrics: The metric series of every object.
        artifacts: The files of every object.
        attached: What hangs on every object, in one read.
        logged_events: The events that users logged on every object.
        lineage: What was made with what.
        search: Which objects of a kind match a filter, in any order.
    """

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self.namespaces = Namespaces(database)
        self.experiments = Experiments(database)
        self.runs = Runs(database)
        self.checkpoints = Checkpoints(database)
        self.datasets = Datasets(database)
        self.models = Models(database)
        self.model_versions = ModelVersions(database)
        self.metadata = Metadata(database)
        self.hyperparameters = Hyperparameters(database)
        self.metrics = Metrics(database)
        self.artifacts = Artifacts(database)
        self.attached = AttachedView(database)
        self.logged_events = LoggedEvents(database)
        self.lineage = LineageView(database)
        self.search = Search(database)
