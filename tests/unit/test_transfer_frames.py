"""Frames of a file are what the messages are, written and read without them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelbox.errors import ServerError
from modelbox.proto import modelstore_pb2 as pb
from modelbox.transfer import frames as of_client
from modelbox_gateway.errors import InvalidFieldError
from modelbox_gateway.rpc.methods.artifact import frames as of_server

KINDS = (pb.UploadFileRequest, pb.DownloadFileResponse)
SIZES = (127, 128, 16_383, 16_384, 2**21)
CHUNKS = st.binary(max_size=300) | st.sampled_from([bytes(size) for size in SIZES])

unhurried = settings(deadline=None)
"""The largest chunk takes a busy machine longer than an example may."""


@unhurried
@given(CHUNKS)
def test_bytes_are_framed_as_in_a_message(chunk: bytes) -> None:
    assert pb.UploadFileRequest.FromString(of_client.frame_of(chunk)).chunks == chunk
    assert of_client.frame_of(chunk) == pb.UploadFileRequest(chunks=chunk).SerializeToString()
    assert of_server.frame_of(chunk) == pb.DownloadFileResponse(chunks=chunk).SerializeToString()


@unhurried
@given(CHUNKS)
def test_bytes_of_a_message_are_read(chunk: bytes) -> None:
    assert of_server.read_frame(pb.UploadFileRequest(chunks=chunk).SerializeToString()) == chunk
    assert of_client.chunk_of(pb.DownloadFileResponse(chunks=chunk).SerializeToString()) == chunk


@unhurried
@given(st.binary(max_size=40), CHUNKS)
def test_of_a_message_that_has_the_bytes_twice_the_last_count(before: bytes, chunk: bytes) -> None:
    """As every reader of protobuf has it."""
    twice = [kind(chunks=part).SerializeToString() for kind in KINDS for part in (before, chunk)]

    assert of_server.read_frame(twice[0] + twice[1]) == chunk
    assert of_client.chunk_of(twice[2] + twice[3]) == chunk


def test_other_frames_are_messages() -> None:
    sha256 = pb.UploadFileRequest(sha256="ab")
    assert of_server.read_frame(sha256.SerializeToString()) == sha256
    assert of_server.read_frame(b"") == pb.UploadFileRequest()
    assert of_client.chunk_of(pb.DownloadFileResponse(metadata=pb.FileMetadata()).SerializeToString()) == b""


@pytest.mark.parametrize("cut", [b"\x12", b"\x12\x05abc", b"\x12\xff", b"\x12" + b"\xff" * 10])
def test_a_frame_that_is_cut_off_is_refused(cut: bytes) -> None:
    with pytest.raises(InvalidFieldError, match="chunks"):
        of_server.read_frame(cut)
    with pytest.raises(ServerError, match="DownloadFile"):
        of_client.chunk_of(cut)
