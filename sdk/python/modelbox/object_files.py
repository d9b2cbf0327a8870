"""The files of an object: uploaded, tracked where they are, listed and downloaded."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path

from modelbox.delivery.content import written
from modelbox.delivery.copies import copied
from modelbox.errors import InvalidFieldError
from modelbox.fields import check_id, check_text, is_id
from modelbox.foreign import utf8
from modelbox.kinds.artifact import Artifact, artifact_of, known_artifact, wire_artifact
from modelbox.limits import CLOSE_ANSWER_TIMEOUT_S, FLUSH_TIMEOUT_S, TRACK_FILES_MAX
from modelbox.other_words import takes
from modelbox.proto import modelstore_pb2 as pb
from modelbox.sending import ask, not_done
from modelbox.session import Session
from modelbox.transfer.choosing import chosen, chosen_one
from modelbox.transfer.files import File, Files, files_to_track, files_to_upload, wire_file
from modelbox.transport import methods
from modelbox.values import LocalFile, OnProgress
from modelbox.wire import all_pages, answered


class HasArtifacts:
    """Something with an id that files can belong to."""

    __slots__ = ()

    id: str
    _session: Session

    @takes()
    def upload_artifact(
        self,
        files: Files,
        *,
        artifact_path: str | None = None,
        on_progress: OnProgress | None = None,
        resend: bool = False,
    ) -> list[Artifact]:
        """Upload files; of a folder, all files in it. The same bytes under the same path are kept once.

        A file's path in the object is the one that it is given by; of a folder that is given by an absolute path, the
        folder's name and what is below it. With `artifact_path` it is as MLflow's `log_artifacts` has it: what a folder
        holds is directly below the artifact path, a single file there by its name; "" is the top.

        Links to files and folders are followed. Empty folders are not kept, which is warned about. A file that is still
        being written is sent as long as it was when its turn came.

        Bytes that the server has already are not sent; large files go straight to its store where it lets them, and go
        on where they broke off.

        Args:
            files: A path, a `LocalFile`, or several.
            artifact_path: The folder within the object that they belong below.
            on_progress: Called after each piece, for one file at a time; from other threads.
            resend: Send the bytes although the server has them: heals a file whose stored bytes were damaged.

        Returns:
            The artifacts, in the order of the files.

        Raises:
            InvalidFieldError: A file does not exist, is a link that leads nowhere, cannot be named as it is, or would
                take another's path; then none was uploaded. Or one was changed, not only appended to, meanwhile.
            UnavailableError: The server is away; of what was not sent nothing is kept. `log_artifact` does not need it.
        """
        local = files_to_upload(files, artifact_path)
        self._session.after_end.tell_deleted(self, "files are uploaded to")
        what = "the file was not" if len(local) == 1 else f"the {len(local):,} files were not all"
        with not_done(f"{what} uploaded", remedy="upload it again later, or use log_artifact: it keeps and sends it"):
            # What is logged on may still wait to be created.
            self._session.settle()
            uploaded = self._session.transfers.upload(self.id, local, on_progress=on_progress, resend=resend)
        return [artifact_of(self._session, file) for file in uploaded]

    @takes()
    def log_artifact(self, path: File, artifact_path: str | None = None) -> None:
        """Log a file, or all files of a folder, of this machine: `upload_artifact` in the background.

        Returns once they are copied: what is sent is what they hold now, and they may be changed or removed. Of the
        server nobody hears here: while it is away the copies wait beside the journal, also beyond the end of the
        program, and are sent later. `flush` waits for them.

        A path that does not exist, or cannot be copied, does not end a training: it is left out, warned about, once a
        path and kind, and counted (`ModelBox.delivery`).

        Args:
            path: The file or folder. Its path in the object is as `upload_artifact` has it.
            artifact_path: The folder within the object that it belongs below.

        Raises:
            ClosedError: The client was closed.
            ModelBoxError: Of a client without `background`: as `upload_artifact`.
        """
        if not self._session.background:
            self.upload_artifact(path, artifact_path=artifact_path)
            return
        self._session.after_end.tell_deleted(self, "files are logged on")
        try:
            self._keep_copies(path, artifact_path)
        except InvalidFieldError as error:
            self._session.oddities.note("a file that cannot be logged", error, left_out=1, of=utf8(path)[:80])
        except OSError as error:
            problem = InvalidFieldError.of("path", f"cannot be copied to be sent: {error}")
            self._session.oddities.note("a file that cannot be copied", problem, left_out=1, of=utf8(path)[:80])

    def _keep_copies(self, path: File, artifact_path: str | None) -> None:
        object_id = check_id("id", self.id)
        # One path: a list is for `upload_artifact`, which says what became of each.
        files = files_to_upload([path], artifact_path)
        of = Path(path.path if isinstance(path, LocalFile) else path)
        self._session.deliver_made(object_id, lambda held: copied(held, of, files), within=self._part_of())

    def _part_of(self) -> list[str]:
        """Return the ids of the objects that this one is part of, as far as they are known here."""
        return [id for id in (getattr(self, name, "") for name in ("run_id", "experiment_id")) if id]  # noqa: A001

    def track_artifacts(self, files: Files) -> list[Artifact]:
        """Record where files are kept, without sending them: paths or URIs; of a local folder, all files in it.

        Of several files under one path the one that was tracked last comes first among `artifacts`.

        Returns:
            The artifacts, in the order of the files.

        Raises:
            InvalidFieldError: A path breaks a rule.
        """
        tracked = [wire_file(file, parent_id=self.id) for file in files_to_track(files)]
        artifacts: list[Artifact] = []
        for start in range(0, len(tracked), TRACK_FILES_MAX):
            part = tracked[start : start + TRACK_FILES_MAX]
            response = ask(self._session, methods.TRACK_ARTIFACTS, pb.TrackArtifactsRequest(files=part))
            for file, file_id in answered(part, response.file_ids):
                file.id = file_id
                file.created_at.CopyFrom(response.created_at)
                artifacts.append(artifact_of(self._session, file))
        return artifacts

    def copy_artifacts(self, of: "HasArtifacts", *, path: str = "") -> list[Artifact]:
        """Have uploaded files of another object in this one too, under the same paths, such as a run's in a version.

        No bytes travel, and what the files on this machine have become since is not looked at. Each is copied by
        itself; to do it again adds nothing.

        Args:
            of: The object that has them, of the same namespace.
            path: Only the file with this path in it, or those in this folder of it.

        Returns:
            The artifacts here. Of several with one path the last is copied; tracked ones are left out, which is warned
            about.

        Raises:
            NotFoundError: There is no such path.
            NotUploadedError: There are files, and all of them were only tracked.
            InvalidFieldError: The object is of another namespace, which does not have these bytes.
        """
        copied: list[Artifact] = []
        for artifact in chosen(of.artifacts(), check_text("path", path)):
            file = pb.FileMetadata(parent_id=self.id, file_type=artifact.mime_type.name)
            file.path, file.size, file.sha256 = artifact.path, artifact.size, artifact.sha256
            begun = ask(self._session, methods.BEGIN_UPLOAD, pb.BeginUploadRequest(file=file))
            if not begun.file_id:
                if begun.upload_id:
                    abort = pb.AbortUploadRequest(upload_id=begun.upload_id, file=file)
                    ask(self._session, methods.ABORT_UPLOAD, abort)
                where = "is not in this object's namespace; download_artifacts and upload_artifact carry it there"
                raise InvalidFieldError.of("of", f"{artifact.path[:300]!r} {where}")
            file.id, file.uploaded, file.checksum = begun.file_id, True, artifact.checksum
            copied.append(artifact_of(self._session, file))
        return copied

    def upload_file(self, artifact_name: str, file: File) -> Artifact:
        """Upload one file as part of a named artifact: its path there is the name, then the file's own."""
        local = file if isinstance(file, LocalFile) else LocalFile(file)
        label = f"{check_text('artifact_name', artifact_name)}/{Path(local.path).name}"
        [artifact] = self.upload_artifact(replace(local, label=label))
        return artifact

    def track_file(self, artifact_name: str, file: File) -> Artifact:
        """Record where one file of a named artifact is kept; the name is the artifact's metadata `artifact_name`."""
        [artifact] = self.track_artifacts(file)
        artifact.update_metadata("artifact_name", check_text("artifact_name", artifact_name))
        return artifact

    def artifacts(self, *, limit: int | None = None) -> list[Artifact]:
        """Return the artifacts, newest first; all of them unless a limit is given.

        Those that this client logged are waited for, as long as the server answers.
        """
        with not_done("nothing was read", remedy="read again later"):
            self._session.settle_files()

        def read(token: str, size: int) -> tuple[Iterable[pb.FileMetadata], str]:
            request = pb.ListArtifactsRequest(parent_id=self.id, page_size=size, page_token=token)
            response = ask(self._session, methods.LIST_ARTIFACTS, request)
            return response.files, response.next_page_token

        return [artifact_of(self._session, file) for file in all_pages(read, limit=limit)]

    def download_artifact(
        self,
        artifact: Artifact | str,
        destination: str | PathLike[str] = ".",
        *,
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> Path:
        """Download an artifact into a folder, verified; it is in place only when it is whole.

        Args:
            artifact: The artifact, its id, or its path in this object, such as `sub/model.joblib`.
            destination: The folder, made if it is missing. The file's place in it is the artifact's path; of one that
                is absolute or leads elsewhere, only its last part counts.
            overwrite: Replace a file that is there and differs. One with the same bytes stays and is not fetched.
            on_progress: Called after each piece.

        Returns:
            Where the file is.

        Raises:
            NotFoundError: There is no such artifact.
            NotUploadedError: It was only tracked; the message says where it was.
            InvalidFieldError: A file is there that differs, and `overwrite` is not given; nothing was changed.
            ChecksumMismatchError: Other bytes arrived than the server keeps.
        """
        if isinstance(artifact, str) and not is_id(artifact):
            artifact = chosen_one(self.artifacts(), check_text("artifact", artifact))
        [place] = self._session.transfers.download(
            [known_artifact(artifact)], Path(destination), overwrite=overwrite, on_progress=on_progress
        )
        return place

    def download_artifacts(
        self,
        destination: str | PathLike[str] = ".",
        *,
        path: str = "",
        overwrite: bool = False,
        on_progress: OnProgress | None = None,
    ) -> list[Path]:
        """Download all uploaded artifacts into a folder, several at once, each verified; see `download_artifact`.

        Absolute paths of which several have one last part keep their folders, below the destination.

        Args:
            destination: The folder, made if it is missing.
            path: Only the file with this path in the object, or those in this folder of it.
            overwrite: Replace files that are there and differ.
            on_progress: Called after each piece, for one file at a time; from other threads.

        Returns:
            Where the files are, newest first; of several with one path only the one that was uploaded last. Tracked
            files are kept elsewhere: they are left out, which is warned about.

        Raises:
            NotFoundError: There is no such path.
            NotUploadedError: There are files, and all of them were only tracked; the message says where they were.
            InvalidFieldError: Files are there that differ, and `overwrite` is not given, or a path is a file and a
                folder; nothing was changed.
            ChecksumMismatchError: Other bytes arrived than the server keeps.
        """
        return self._session.transfers.download(
            [wire_artifact(artifact) for artifact in chosen(self.artifacts(), check_text("path", path))],
            Path(destination),
            overwrite=overwrite,
            on_progress=on_progress,
        )

    def keep_artifact(self, write: Callable[[Path], object], path: str) -> None:
        """Have a file uploaded that is written now; returns when it is written.

        Of the server nobody hears here: while it is away the file waits on this disk, also beyond this process's end.

        Args:
            write: Writes the file to the path that it is given, which has the same last part as `path`.
            path: The artifact's path.

        Raises:
            InvalidFieldError: The path breaks a rule.
            OSError: The file cannot be kept.
            ClosedError: The client was closed.
        """
        self._session.deliver_made(self.id, lambda held: written(held, path, write), within=self._part_of())

    def wait_for_files(self, timeout_s: float = FLUSH_TIMEOUT_S, *, patience_s: float = CLOSE_ANSWER_TIMEOUT_S) -> bool:
        """Wait until what this client logged and uploads in the background has arrived; tell whether it has.

        Nothing is raised: a server that is away, or slow, is not waited for, and what was refused is told by the next
        `flush`.

        Args:
            timeout_s: How long to wait while the server answers, in seconds.
            patience_s: How long to wait for a single answer, or a piece of a file, in seconds.
        """
        return self._session.wait_for_files(timeout_s=timeout_s, answer_timeout_s=patience_s)
