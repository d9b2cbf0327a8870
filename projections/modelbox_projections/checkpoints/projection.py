"""Folds what is known of each training checkpoint."""

from typing import ClassVar

from modelbox_projections.checkpoints.kind import KIND
from modelbox_projections.objects.fold import ObjectProjection


class CheckpointsProjection(ObjectProjection):
    """The training checkpoints of experiments and runs."""

    kind: ClassVar = KIND
    code_version: ClassVar = 3
