"""The view of training checkpoints: what is known of each."""

from modelbox_projections.objects import statements_of

STATEMENTS = statements_of(__name__)
