"""The view of lineage: what was made with what."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
