"""Artifacts, the files of objects: what is known of them, and their bytes, in every way that these travel."""

from collections.abc import Iterable

from modelbox.proto import modelstore_pb2 as pb
from modelbox_gateway.rpc.frame.backend import Backend
from modelbox_gateway.rpc.frame.method import Method, client_stream, server_stream, unary
from modelbox_gateway.rpc.methods.artifact.frames import read_frame
from modelbox_gateway.rpc.methods.artifact.records import ArtifactMethods
from modelbox_gateway.rpc.methods.artifact.signed_uploads import SignedUploadMethods
from modelbox_gateway.rpc.methods.artifact.small_files import SmallFileMethods
from modelbox_gateway.rpc.methods.artifact.transfers import TransferMethods


def methods(backend: Backend) -> Iterable[Method]:
    """Return the methods on artifacts; those that carry files are what a server of role `blobs` has."""
    artifacts = ArtifactMethods(backend)
    transfers, small, signed = TransferMethods(backend), SmallFileMethods(backend), SignedUploadMethods(backend)
    return (
        unary("TrackArtifacts", pb.TrackArtifactsRequest, artifacts.track_artifacts),
        unary("ListArtifacts", pb.ListArtifactsRequest, artifacts.list_artifacts),
        client_stream("UploadFile", read_frame, transfers.upload_file, carries_files=True),
        server_stream("DownloadFile", pb.DownloadFileRequest, transfers.download_file, carries_files=True),
        unary("UploadFiles", pb.UploadFilesRequest, small.upload_files, carries_files=True),
        server_stream("DownloadFiles", pb.DownloadFilesRequest, small.download_files, carries_files=True),
        unary("GetDownloadLink", pb.GetDownloadLinkRequest, transfers.get_download_link, carries_files=True),
        unary("BeginUpload", pb.BeginUploadRequest, signed.begin_upload, carries_files=True),
        unary("CompleteUpload", pb.CompleteUploadRequest, signed.complete_upload, carries_files=True),
        unary("AbortUpload", pb.AbortUploadRequest, signed.abort_upload, carries_files=True),
    )
