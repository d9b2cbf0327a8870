"""The SQL statements on the state of projections, one a file."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
