"""What the views of all kinds of objects share: one table, what changes in it, and how it is read."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
