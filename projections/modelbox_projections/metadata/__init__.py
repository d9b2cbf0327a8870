"""The view of metadata: the last value of each key of each object."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
