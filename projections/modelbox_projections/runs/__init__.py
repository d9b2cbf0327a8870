"""The view of runs: what is known of each, and whether it goes on."""

from modelbox_projections.objects import statements_of

STATEMENTS = statements_of(__name__)
