"""The view of model versions: what is known of each, and which unique tags it holds."""

from modelbox_projections.objects import statements_of

STATEMENTS = statements_of(__name__)
