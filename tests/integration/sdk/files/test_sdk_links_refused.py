"""Signed links that somebody between client and store refuses, redirects or swallows: files go through the server."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
import pytest

from modelbox import Model, ModelBox
from modelbox_gateway.sections import S3Settings
from tests.integration.link_host import Decide, LinkHost, Request
from tests.integration.sdk.files.test_sdk_links import left_in
from tests.integration.sdk_server import SdkServer

MIB = 1024 * 1024
DATA = os.urandom(33 * MIB + 5)
SHA256 = hashlib.sha256(DATA).hexdigest()
SENT_MAX = 3 * len(DATA)

Behind = Callable[[Decide], AbstractContextManager[tuple[Model, LinkHost]]]


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELBOX_CACHE", "off")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights.pt"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def behind(dsn: str, tmp_path: Path, bucket: S3Settings) -> Behind:
    """Opens a model on a server whose links lead through a proxy."""

    @contextmanager
    def opened(decide: Decide) -> Iterator[tuple[Model, LinkHost]]:
        host = LinkHost(bucket.endpoint, decide)
        with host.serving() as address:
            server = SdkServer(dsn, tmp_path / "blobs", bucket=msgspec.structs.replace(bucket, public_endpoint=address))
            server.start()
            try:
                with ModelBox(server.address) as client:
                    yield client.new_model("digits", namespace="demo"), host
            finally:
                server.stop()

    return opened


def puts(answer: int) -> Decide:
    return lambda request: answer if request.method == "PUT" else None


@pytest.mark.parametrize("answer", [403, 302, 307, 200, 401, 405, 413, 304])
def test_parts_that_never_arrive_end_in_an_upload_through_the_server(
    behind: Behind, file: Path, tmp_path: Path, bucket: S3Settings, answer: int
) -> None:
    """Whatever the host says of them, also that all is well."""
    with behind(puts(answer)) as (model, host):
        [artifact] = model.upload_artifact(file)

        assert (artifact.sha256, artifact.uploaded) == (SHA256, True)
        assert host.received_bytes <= SENT_MAX
        assert left_in(bucket) == []
        assert model.download_artifact(artifact, tmp_path / "out").read_bytes() == DATA


def test_a_host_that_refuses_links_is_not_asked_again_for_a_while(behind: Behind, file: Path) -> None:
    with behind(puts(403)) as (model, host):
        model.upload_artifact(file)
        asked = len(host.requests)
        file.write_bytes(DATA[::-1])

        model.upload_artifact(file)

        assert len(host.requests) == asked


def test_links_that_are_too_old_are_asked_for_anew_and_what_arrived_stays(
    behind: Behind, file: Path, bucket: S3Settings
) -> None:
    """Each of them is good for two parts."""
    refused: list[int] = []

    def every_third(request: Request) -> int | None:
        if request.method == "PUT" and request.number % 3 == 2:
            refused.append(request.number)
            return 403
        return None

    with behind(every_third) as (model, host):
        [artifact] = model.upload_artifact(file)

        assert refused
        assert artifact.sha256 == SHA256
        assert host.received_bytes < 2 * len(DATA)
        assert sum(request.method == "PUT" for request in host.requests) == 5 + len(refused)
        assert left_in(bucket) == []


@pytest.mark.parametrize("answer", [302, 200, 203, 304, 403])
def test_what_is_not_the_file_is_not_taken_for_it(behind: Behind, file: Path, tmp_path: Path, answer: int) -> None:
    """A page to sign in at, a redirection: the bytes come through the server."""
    with behind(lambda request: answer if request.method == "GET" else None) as (model, host):
        [artifact] = model.upload_artifact(file)

        assert model.download_artifact(artifact, tmp_path / "out").read_bytes() == DATA

        assert [request.method for request in host.requests].count("GET") == 1
