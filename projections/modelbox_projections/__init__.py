"""What the log means now: projections fold its events into views, and queries read those.

Must not know: the gateway, the wire.
"""

from modelbox_projections import heartbeats
from modelbox_projections.artifacts.queries import ArtifactOrdinal, ArtifactRow
from modelbox_projections.attached.queries import Attached
from modelbox_projections.catalog import PROJECTIONS, Catalog, catalog_of
from modelbox_projections.cursors import Cursors
from modelbox_projections.errors import (
    CursorMovedError,
    FilterError,
    FoldFailedError,
    InvalidPageTokenError,
    NotCaughtUpError,
    NotPreparedError,
    ProjectionsError,
    ReadsBusyError,
    RebuildRunningError,
    SearchTooSlowError,
    TooManyPointsError,
    UnknownProjectionError,
    ViewHeldError,
)
from modelbox_projections.generations import TableDigest
from modelbox_projections.lineage.queries import Lineage, LineageEdge, LineageNode
from modelbox_projections.logged_events.queries import LoggedEventRow, LoggedEventSortKey
from modelbox_projections.metrics.pages import SeriesPage, SeriesStart
from modelbox_projections.metrics.queries import MetricSummaryRow
from modelbox_projections.metrics.series import SeriesRow, Steps
from modelbox_projections.namespaces.queries import NamespaceRow
from modelbox_projections.outdated import outdate, renew_outdated
from modelbox_projections.prepare import prepare
from modelbox_projections.projection import DecodedEvent, Projection
from modelbox_projections.rebuild import rebuild
from modelbox_projections.runner import ProjectionRunner
from modelbox_projections.search.missing import Missing
from modelbox_projections.search.queries import Found
from modelbox_projections.search.statement import Scope
from modelbox_projections.state import ProjectionState, Role, Status, list_states, resume
from modelbox_projections.verify import Verified, verify
from modelbox_projections.views import Views

__all__ = [
    "PROJECTIONS",
    "ArtifactOrdinal",
    "ArtifactRow",
    "Attached",
    "Catalog",
    "CursorMovedError",
    "Cursors",
    "DecodedEvent",
    "FilterError",
    "FoldFailedError",
    "Found",
    "InvalidPageTokenError",
    "Lineage",
    "LineageEdge",
    "LineageNode",
    "LoggedEventRow",
    "LoggedEventSortKey",
    "MetricSummaryRow",
    "Missing",
    "NamespaceRow",
    "NotCaughtUpError",
    "NotPreparedError",
    "Projection",
    "ProjectionRunner",
    "ProjectionState",
    "ProjectionsError",
    "ReadsBusyError",
    "RebuildRunningError",
    "Role",
    "Scope",
    "SearchTooSlowError",
    "SeriesPage",
    "SeriesRow",
    "SeriesStart",
    "Status",
    "Steps",
    "TableDigest",
    "TooManyPointsError",
    "UnknownProjectionError",
    "Verified",
    "ViewHeldError",
    "Views",
    "catalog_of",
    "heartbeats",
    "list_states",
    "outdate",
    "prepare",
    "rebuild",
    "renew_outdated",
    "resume",
    "verify",
]
