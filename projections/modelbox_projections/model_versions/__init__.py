"""The view of model versions: what is known of each, and which unique tags it holds."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
