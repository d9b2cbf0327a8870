"""The view of training checkpoints: what is known of each."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
