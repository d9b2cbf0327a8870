"""Folds what is known of each dataset."""

from typing import ClassVar

from modelbox_projections.datasets.kind import KIND
from modelbox_projections.objects.fold import ObjectProjection


class DatasetsProjection(ObjectProjection):
    """The datasets."""

    kind: ClassVar = KIND
    code_version: ClassVar = 3
