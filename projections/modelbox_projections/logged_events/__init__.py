"""The view of logged events: what users reported on each object."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
