"""What can go wrong between a call and the log.

GatewayError
├── InvalidFieldError            a field of the request breaks a rule; a retry cannot help
├── ObjectNotFoundError          no object has this id, name, version or tag
├── UniqueTagTakenError          another model version holds the unique tag
├── UniqueTagNotHeldError        the model version does not hold the unique tag
├── ChecksumMismatchError        the bytes that arrived are not those that were announced
├── NotUploadedError             the artifact is kept elsewhere: there are no bytes here
├── BlobDamagedError             the stored bytes of an artifact are missing or changed
├── BlobStoreUnavailableError    the disk refuses to take bytes; retry later
├── ContentionError              other writers came first too often; retry
├── DrainingError                the server is stopping; resume at another or later
├── ResultTooLargeError          the answer does not fit one message; ask for less
└── ListenError                  the address cannot be listened on (at start only)
"""

from typing import ClassVar
from uuid import UUID


class GatewayError(Exception):
    """Base of every error of this package."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later, with nothing changed by the caller."""


class InvalidFieldError(GatewayError):
    """A field of the request breaks a rule; nothing was written."""

    def __init__(self, field: str, problem: str) -> None:
        """Name the field as the wire contract does; say what is wrong with it and what would be right."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class ObjectNotFoundError(GatewayError):
    """No object of this kind is known by this id, name, version or tag."""

    def __init__(self, field: str, kind: str, key: str) -> None:
        """Name the request's field, the kind of object and what it was looked for by."""
        super().__init__(f"{field}: there is no {kind} {key[:300]!r}; create it first, or list what there is")
        self.field = field
        self.kind = kind
        self.key = key


class UniqueTagTakenError(GatewayError):
    """Another model version holds the unique tag; nothing was written."""

    def __init__(self, tag: str, holder: UUID) -> None:
        """Name the tag and the model version that holds it."""
        super().__init__(
            f"unique_tags: {tag!r} belongs to model version {holder}; "
            "set move_tags to take it, or move it with SetUniqueTag"
        )
        self.tag = tag
        self.holder = holder


class UniqueTagNotHeldError(GatewayError):
    """The model version does not hold the unique tag; nothing was written."""

    def __init__(self, tag: str, model_version_id: UUID, holder: UUID | None) -> None:
        """Name the tag, the model version, and who holds the tag if anyone does."""
        held = "no model version holds it" if holder is None else f"model version {holder} holds it"
        super().__init__(f"tag: {tag!r} does not belong to model version {model_version_id}; {held}")
        self.tag = tag
        self.model_version_id = model_version_id
        self.holder = holder


class ChecksumMismatchError(GatewayError):
    """The bytes that arrived are not those that were announced; nothing was kept. Send the file again."""

    def __init__(self, field: str, announced: str, arrived: str) -> None:
        """Name the field that announced something else than what arrived."""
        super().__init__(f"{field}: announced {announced}, but what arrived has {arrived}; send the file again")
        self.field = field
        self.announced = announced
        self.arrived = arrived


class NotUploadedError(GatewayError):
    """The artifact is only tracked: its bytes are kept elsewhere, at its path."""

    def __init__(self, file_id: UUID, path: str) -> None:
        """Name the artifact and the place it is tracked at."""
        super().__init__(f"file_id: artifact {file_id} was tracked, not uploaded; fetch it from {path!r}")
        self.file_id = file_id
        self.path = path


class BlobDamagedError(GatewayError):
    """The stored bytes of an artifact are missing or changed; upload the file again to heal it."""

    def __init__(self, sha256: str, problem: str) -> None:
        """Name the blob and what is wrong with it."""
        super().__init__(f"blob {sha256} is damaged: {problem}; upload the file again, or restore it from a backup")
        self.sha256 = sha256
        self.problem = problem


class BlobStoreUnavailableError(GatewayError):
    """The blob store cannot take or give bytes now; nothing was kept."""

    retryable = True

    def __init__(self, problem: str) -> None:
        """Say what the store answered."""
        super().__init__(f"the blob store is unavailable: {problem}; send the file again later")
        self.problem = problem


class ContentionError(GatewayError):
    """Other writers came first too often; nothing was written."""

    retryable = True

    def __init__(self, stream_id: UUID, tries: int) -> None:
        """Name the stream and how often it was tried."""
        super().__init__(f"other writers to {stream_id} came first {tries} times; try again")
        self.stream_id = stream_id
        self.tries = tries


class DrainingError(GatewayError):
    """The server is stopping. Follow on with the last token, at another server or after the restart."""

    retryable = True

    def __init__(self) -> None:
        """Take nothing: there is nothing more to say."""
        super().__init__("the server is stopping; connect again and resume with the last token")


class ResultTooLargeError(GatewayError):
    """The answer would not fit one message."""

    def __init__(self, field: str, problem: str) -> None:
        """Name the field that narrows the answer."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class ListenError(GatewayError):
    """The address cannot be listened on."""

    def __init__(self, address: str, problem: str) -> None:
        """Name the address."""
        super().__init__(f"cannot listen on {address}: {problem}; is another server running there?")
        self.address = address
        self.problem = problem
