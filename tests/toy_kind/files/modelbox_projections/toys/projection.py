# pyright: reportMissingImports=false
"""Folds what is known of each toy."""

from typing import ClassVar

from modelbox_projections.objects.fold import ObjectProjection
from modelbox_projections.toys.kind import KIND


class ToysProjection(ObjectProjection):
    """The toys."""

    kind: ClassVar = KIND
    code_version: ClassVar = 1
