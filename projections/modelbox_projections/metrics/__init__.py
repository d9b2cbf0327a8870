"""The view of metrics: the points of each series, in chunks."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
