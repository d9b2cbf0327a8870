"""The view of artifacts: the files that belong to each object."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
