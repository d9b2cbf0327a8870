"""Folds what is known of each experiment."""

from typing import ClassVar

from modelbox_projections.experiments.kind import KIND
from modelbox_projections.objects.fold import ObjectProjection


class ExperimentsProjection(ObjectProjection):
    """The experiments."""

    kind: ClassVar = KIND
    code_version: ClassVar = 3
