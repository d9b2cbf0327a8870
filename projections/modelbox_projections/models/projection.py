"""Folds what is known of each model."""

from typing import ClassVar

from modelbox_projections.models.kind import KIND
from modelbox_projections.objects.fold import ObjectProjection


class ModelsProjection(ObjectProjection):
    """The models."""

    kind: ClassVar = KIND
    code_version: ClassVar = 4
