"""The view of hyperparameters: the last value of each name of each object."""

from modelbox_events.statements import load

STATEMENTS = load(__name__)
