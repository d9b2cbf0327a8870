"""The SQL statements of the log, one a file."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
