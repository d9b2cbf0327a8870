"""The kinds of files and frameworks and the states of runs, as the wire numbers them."""

from collections.abc import Sequence
from enum import IntEnum
from pathlib import PurePosixPath
from typing import Final, Self

from modelbox.errors import InvalidFieldError


class _WireEnum(IntEnum):
    """An enum of the wire: number 0 stands for anything that this version does not know. As text it is its name."""

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    def __format__(self, spec: str) -> str:
        """Return the name, or the number for a format of numbers."""
        return format(int(self), spec) if spec[-1:] in {"d", "x", "b"} else format(self.name, spec)

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Read a number of a newer server as 0, so that its answers stay readable."""
        return cls(0) if isinstance(value, int) else None

    @classmethod
    def parse(cls, value: "_WireEnum | str", *, field: str, offered: Sequence[Self] = ()) -> Self:
        """Return the member, by itself or by its name in either case.

        Args:
            offered: Those that are offered where there is no such member; all, unless given.

        Raises:
            InvalidFieldError: There is no such member.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str) and value.upper() in cls.__members__:
            return cls[value.upper()]
        # Iterating leaves out the second names that some members have.
        names = ", ".join(member.name.lower() for member in offered) or ", ".join(member.name for member in cls)
        raise InvalidFieldError.of(field, f"{str(value)[:80]!r} is not one of {names}")


class MLFramework(_WireEnum):
    """The framework an experiment trains with, or a model version was built with."""

    UNKNOWN = 0
    PYTORCH = 1
    KERAS = 2
    TENSORFLOW = 10
    JAX = 11
    SKLEARN = 12
    XGBOOST = 13
    LIGHTGBM = 14
    CATBOOST = 15
    MXNET = 16
    H2O = 17
    SPARKML = 18
    ONNX = 19
    TRANSFORMERS = 20
    OTHER = 21


class RunStatus(_WireEnum):
    """How it stands with a run. LOST: it is running as far as is known, but was not heard of for some time."""

    UNDEFINED = 0
    RUNNING = 1
    FINISHED = 2
    FAILED = 3
    KILLED = 4
    LOST = 5

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self in {RunStatus.FINISHED, RunStatus.FAILED, RunStatus.KILLED}


class FileType(_WireEnum):
    """What a file holds. Each kind has a second name, under which it was published (`ArtifactMime`)."""

    UNDEFINED = 0
    MODEL = 1
    CHECKPOINT = 2
    TEXT = 3
    IMAGE = 4
    AUDIO = 5
    VIDEO = 6

    Unknown = UNDEFINED
    ModelVersion = MODEL
    Checkpoint = CHECKPOINT
    Text = TEXT
    Image = IMAGE
    Audio = AUDIO
    Video = VIDEO

    @classmethod
    def of_path(cls, path: str) -> "FileType":
        """Guess from the extension of a path or URI; `UNDEFINED` when it says nothing."""
        return _BY_EXTENSION.get(PurePosixPath(path.replace("\\", "/")).suffix.lower(), cls.UNDEFINED)


ArtifactMime = FileType
"""The published name of `FileType`."""

_EXTENSIONS: Final = {
    FileType.MODEL: "bin gguf h5 joblib keras mlmodel npz onnx pb pickle pkl pt pth safetensors tflite ubj",
    FileType.CHECKPOINT: "ckpt",
    FileType.TEXT: "csv html json jsonl log md py rst toml tsv txt xml yaml yml",
    FileType.IMAGE: "bmp gif jpeg jpg png svg tif tiff webp",
    FileType.AUDIO: "aac flac m4a mp3 ogg opus wav",
    FileType.VIDEO: "avi m4v mkv mov mp4 mpeg mpg webm",
}
_BY_EXTENSION: Final = {
    f".{extension}": file_type for file_type, extensions in _EXTENSIONS.items() for extension in extensions.split()
}
