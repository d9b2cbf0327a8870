"""What hangs on objects of any kind, read from the views that hold it."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
