"""What can go wrong between a call and the log.

GatewayError
├── InvalidFieldError            a field of the request breaks a rule; a retry cannot help
├── ObjectNotFoundError          no object has this id, name, version or tag
├── ObjectDeletedError           the object is deleted; restore it first
├── RunEndedError                the run has ended in another way
├── UniqueTagTakenError          another model version holds the unique tag
├── UniqueTagNotHeldError        the model version does not hold the unique tag
├── ChecksumMismatchError        the bytes that arrived are not those that were announced
├── NotUploadedError             the artifact is kept elsewhere: there are no bytes here
├── BlobDamagedError             the stored bytes of an artifact are missing or changed
├── BlobStoreUnavailableError    the blob store cannot take or give bytes now; retry later
├── BlobStoreRefusedError        the blob store will not work until somebody mends it (at start only)
├── UploadIncompleteError        parts of an upload by signed links are missing; begin it again
├── UploadNotFoundError          there is no such upload by signed links; begin it again
├── ContentionError              other writers came first too often; retry
├── DrainingError                the server is stopping; resume at another or later
├── WatchesOverloadedError       watchers that read slowly hold what all of them may; resume later
├── AnotherLogError              the call is meant for another log than this server's
├── TooManyCallsError            the server has too many calls at once; retry after the delay
├── ResultTooLargeError          the answer does not fit one message; ask for less
└── ListenError                  the address cannot be listened on (at start only)
"""

from collections.abc import Sequence
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

    def __init__(
        self,
        field: str,
        kind: str,
        key: str,
        *,
        place: str = "",
        elsewhere: Sequence[str] = (),
        near: Sequence[str] = (),
        remedy: str = "",
    ) -> None:
        """Name the request's field, the kind of object and what it was looked for by.

        Args:
            field: The request's.
            kind: The kind of object.
            key: What it was looked for by.
            place: Where it was looked for, such as "namespace 'default'".
            elsewhere: Where else there is one, such as other namespaces.
            near: What there is instead, the most similar first.
            remedy: What is known better than these.
        """
        where = f" in {place}" if place else ""
        other = "create it first, or list what there is"
        if elsewhere:
            other = f"there is one in {', '.join(map(repr, elsewhere))}"
        elif near:
            other = f"the nearest: {', '.join(map(repr, near))}"
        super().__init__(f"{field}: there is no {kind} {key[:300]!r}{where}; {remedy or other}")
        self.field = field
        self.kind = kind
        self.key = key


class ObjectDeletedError(GatewayError):
    """The object is deleted, so nothing is created under its name or in it; nothing was written."""

    def __init__(self, field: str, kind: str, object_id: UUID) -> None:
        """Name the request's field, and the object that it stands for."""
        name = kind.replace("_", " ")
        restore = f"`modelbox client restore --id {object_id}` (RestoreObject)"
        super().__init__(f"{field}: the {name} {object_id} is deleted; restore it first: {restore}")
        self.field = field
        self.kind = kind
        self.object_id = object_id


class RunEndedError(GatewayError):
    """The run has ended in a way that the wanted status cannot follow; nothing was written."""

    def __init__(self, run_id: UUID, status: str, wanted: str) -> None:
        """Name the run, how it ended, and the status that was wanted."""
        remedy = "only RUNNING may follow, which resumes it"
        if status == "finished":
            remedy = "start another run, or go on with this one on purpose: `reopen`, as in `run.resume(reopen=True)`"
        super().__init__(f"status: run {run_id} is {status} and cannot become {wanted}; {remedy}")
        self.run_id = run_id
        self.status = status
        self.wanted = wanted


class UniqueTagTakenError(GatewayError):
    """Another model version holds the unique tag; nothing was written."""

    def __init__(self, tag: str, holder: UUID, version: str = "") -> None:
        """Name the tag and the model version that holds it, by its version where that is known."""
        named = f"{version} ({holder})" if version else f"{holder}"
        super().__init__(
            f"unique_tags: {tag!r} belongs to model version {named}; "
            "take it from there with move_tags, or afterwards with set_unique_tag"
        )
        self.tag = tag
        self.holder = holder


class UniqueTagNotHeldError(GatewayError):
    """The model version does not hold the unique tag; nothing was written."""

    def __init__(
        self, tag: str, model_version_id: UUID, holder: UUID | None, *, version: str = "", holder_version: str = ""
    ) -> None:
        """Name the tag, the model version, and who holds the tag if anyone does: by their versions where known."""
        held = "no model version holds it" if holder is None else f"model version {holder_version or holder} holds it"
        super().__init__(f"tag: {tag!r} does not belong to model version {version or model_version_id}; {held}")
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

    def __init__(self, field: str, file_id: UUID, path: str) -> None:
        """Name the field, the artifact and the place it is tracked at."""
        super().__init__(f"{field}: artifact {file_id} was tracked, not uploaded; fetch it from {path!r}")
        self.field = field
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


class BlobStoreRefusedError(GatewayError):
    """The blob store will not work until somebody mends it: a bucket that is missing, a key that is refused."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        """Say what the store refuses, and what to do."""
        super().__init__(f"{problem}; {remedy}")
        self.problem = problem
        self.remedy = remedy


class UploadIncompleteError(GatewayError):
    """Parts of an upload by signed links are missing; BeginUpload tells which."""

    def __init__(self, missing: int, parts: int) -> None:
        """Say how many parts are missing, and of how many."""
        super().__init__(f"upload_id: {missing} of {parts} parts are missing; BeginUpload again gives their links")
        self.missing = missing
        self.parts = parts


class UploadNotFoundError(GatewayError):
    """There is no upload by signed links of this id: it was completed, given up or swept. Begin it again."""

    def __init__(self, upload_id: str) -> None:
        """Name the upload."""
        super().__init__(f"upload_id: there is no upload {upload_id[:100]!r}; BeginUpload again")
        self.upload_id = upload_id


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


class WatchesOverloadedError(GatewayError):
    """Watchers that read slowly hold as much as all watches together may. Follow on with the last token, later."""

    retryable = True

    def __init__(self, bytes_max: int, *, retry_after_s: float) -> None:
        """Say what the bound is, in bytes, and when to try again."""
        super().__init__(
            f"the open watches hold {bytes_max:,} bytes that their readers have not taken; "
            f"resume with the last token in {retry_after_s:g} s, or at another server"
        )
        self.bytes_max = bytes_max
        self.retry_after_s = retry_after_s


class AnotherLogError(GatewayError):
    """The call is meant for another log than this server's, as after a server took another one's address."""

    def __init__(self, ours: str, theirs: str) -> None:
        """Name both by their genesis."""
        super().__init__(f"the call is meant for the log {theirs[:80]}, this server has another log ({ours})")
        self.ours = ours
        self.theirs = theirs[:80]


class TooManyCallsError(GatewayError):
    """There are too many calls at once, and this client has its share of them; nothing was done."""

    retryable = True

    def __init__(self, calls: int, *, retry_after_s: float) -> None:
        """Say how many calls there are and when to try again."""
        super().__init__(f"{calls:,} calls are under way; try again in {retry_after_s:g} s, with fewer at once")
        self.calls = calls
        self.retry_after_s = retry_after_s


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
