"""The view of namespaces: which there are and how much they hold."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
