"""The kinds of object, as the log names the types of their streams."""

from typing import Final

EXPERIMENT: Final = "experiment"
RUN: Final = "run"
CHECKPOINT: Final = "checkpoint"
MODEL: Final = "model"
MODEL_VERSION: Final = "model_version"
DATASET: Final = "dataset"
ARTIFACT: Final = "artifact"

OBJECTS: Final = frozenset({EXPERIMENT, RUN, CHECKPOINT, MODEL, MODEL_VERSION, DATASET, ARTIFACT})
"""All of them; a stream of another type is no object that anything can be logged on."""
