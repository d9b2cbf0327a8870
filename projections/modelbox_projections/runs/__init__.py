"""The view of runs: what is known of each, and whether it goes on."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
