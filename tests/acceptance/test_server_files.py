"""Files as an installed service carries them: on S3, by a process for files alone, killed in the middle, swept."""

import asyncio
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import grpc
import msgspec
import pytest

from modelbox import ModelBox
from modelbox.proto import modelstore_pb2 as pb
from modelbox.proto.modelstore_pb2_grpc import ModelStoreStub
from modelbox_gateway.blobs.s3.bucket import Bucket
from modelbox_gateway.blobs.s3.keys import Keys
from modelbox_gateway.sections import S3Settings
from tests.acceptance.server_process import FREE_PORTS, ServerProcess, wait_for
from tests.integration.s3_server import SECRET_KEY

_WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'transactionid' AND datname = current_database()"
DATA = os.urandom(20 * 1024 * 1024)

POSTGRES = """
metadata_storage = "postgres"
artifact_storage = "{storage}"
[metadata_storage_postgres]
dsn = "{dsn}"
"""
S3 = """
[artifact_storage_s3]
endpoint = "{0.endpoint}"
bucket = "{0.bucket}"
access_key = "{0.access_key}"
secret_key = "{0.secret_key}"
secure = false
prefix = "{0.prefix}"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "weights.pt"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def second(short_folder: Callable[[str], Path]) -> Iterator[ServerProcess]:
    """Another server that is not started yet."""
    process = ServerProcess(short_folder("second"))
    yield process
    process.close()


def objects_in(bucket: S3Settings) -> list[str]:
    """Return the keys of everything in the bucket but its owner's marks, of uploads that have not ended too."""
    opened = Bucket(bucket)
    found = [one.key for one in opened.objects("")] + [one.key for one in opened.under_way("")]
    opened.close()
    return [key for key in found if not key.startswith(Keys(bucket.prefix).owners)]


def test_a_second_server_with_a_store_of_its_own_does_not_start(
    server: ServerProcess, second: ServerProcess, dsn: str
) -> None:
    """It would lack every file that was uploaded through the first one, and the first one its files."""
    for process in (server, second):
        process.config.write_text(FREE_PORTS + POSTGRES.format(storage="filesystem", dsn=dsn))
    server.start()
    refused = second.modelbox("server", "start")
    assert refused.returncode == 1
    assert "give all servers of a log one store" in refused.stderr
    shared = f'[artifact_storage_filesystem]\nfolder = "{server.data / "blobs"}"\n'
    second.config.write_text(FREE_PORTS + POSTGRES.format(storage="filesystem", dsn=dsn) + shared)
    second.start()
    assert (second.stop(), server.stop()) == (0, 0)


def test_a_start_on_a_store_that_never_answers_ends_in_time(
    server: ServerProcess, dsn: str, bucket: S3Settings
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_bucket = msgspec.structs.replace(bucket, endpoint=f"127.0.0.1:{silent.getsockname()[1]}")
        text = POSTGRES.format(storage="s3", dsn=dsn) + S3.format(silent_bucket)
        server.config.write_text("start_timeout_s = 8\n" + FREE_PORTS + text)
        start = time.monotonic()
        refused = server.modelbox("server", "start")
        assert time.monotonic() - start < 40
    assert refused.returncode == 1
    assert "Error: the store of artifacts does not answer since 8 s: S3 does not answer" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_process_for_files_stands_beside_a_gateway(
    server: ServerProcess, second: ServerProcess, dsn: str, bucket: S3Settings, file: Path
) -> None:
    """It has the calls that carry files and no others; no secret is printed or logged by either."""
    for process in (server, second):
        process.config.write_text(FREE_PORTS + POSTGRES.format(storage="s3", dsn=dsn) + S3.format(bucket))
    gateway = server.start()
    files = second.start("--role", "blobs")
    assert files["roles"] == ["blobs"]

    with ModelBox(gateway["grpc_addr"], blob_addr=files["grpc_addr"]) as client:
        model = client.new_model("digits", namespace="demo")
        small = file.with_name("small.txt")
        small.write_text("small")
        uploaded = model.upload_artifact([file, small])
        places = model.download_artifacts(file.with_name("out"))
        assert {place.name: place.read_bytes() for place in places} == {"weights.pt": DATA, "small.txt": b"small"}
        assert {one.id for one in model.artifacts()} == {one.id for one in uploaded}
    with grpc.insecure_channel(files["grpc_addr"]) as channel, pytest.raises(grpc.RpcError) as refused:
        ModelStoreStub(channel).CreateModel(pb.CreateModelRequest(name="x"), timeout=10)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED

    said = json.dumps([gateway, files]) + server.log_text() + second.log_text()
    assert SECRET_KEY not in said
    assert (second.stop(), server.stop()) == (0, 0)


def test_a_process_for_files_without_a_shared_log_or_folder_is_refused(server: ServerProcess, dsn: str) -> None:
    server.config.write_text(FREE_PORTS)
    alone = server.modelbox("server", "start", "--role", "blobs")
    server.config.write_text(FREE_PORTS + POSTGRES.format(storage="filesystem", dsn=dsn))
    own_folder = server.modelbox("server", "start", "--role", "blobs")

    assert (alone.returncode, own_folder.returncode) == (1, 1)
    assert "needs the Postgres of the gateways" in alone.stderr
    assert "set artifact_storage_filesystem.folder" in own_folder.stderr
    assert "Traceback" not in alone.stderr + own_folder.stderr


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("bucket", "not-there", "S3 refuses bucket .*create the bucket"),
        ("bucket", "No_Bucket!", "S3 cannot have a bucket 'No_Bucket!' .*correct artifact_storage_s3.bucket"),
        ("secret_key", "wrong-secret", "S3 refuses bucket .*secret_key and region"),
    ],
)
def test_a_start_on_a_bucket_that_is_missing_or_refuses_fails(
    server: ServerProcess, dsn: str, bucket: S3Settings, *, key: str, value: str, says: str
) -> None:
    text = S3.format(bucket).replace(f'{key} = "{getattr(bucket, key)}"', f'{key} = "{value}"')
    server.config.write_text(FREE_PORTS + POSTGRES.format(storage="s3", dsn=dsn) + text)

    refused = server.modelbox("server", "start")

    assert refused.returncode == 1
    assert re.search(f"^Error: artifact_storage: {says}", refused.stderr, re.MULTILINE)
    assert "Traceback" not in refused.stderr
    assert value not in refused.stderr or key == "bucket"


def test_a_gateway_killed_between_the_bytes_and_the_event_loses_nothing(
    server: ServerProcess, dsn: str, bucket: S3Settings, file: Path
) -> None:
    """Its file is not visible then; the same client's next try sends no byte and it is, once."""
    server.config.write_text(FREE_PORTS + POSTGRES.format(storage="s3", dsn=dsn) + S3.format(bucket))
    info = server.start()
    with ModelBox(info["grpc_addr"]) as client:
        model_id = client.new_model("digits", namespace="demo").id
    failed: list[BaseException] = []

    def upload() -> None:
        try:
            with ModelBox(info["grpc_addr"], timeout_s=1.0) as client:
                client.object(model_id).upload_artifact(file)
        except Exception as error:  # noqa: BLE001  # looked at below
            failed.append(error)

    uploading = threading.Thread(target=upload)
    asyncio.run(_kill_before_the_event(dsn, uploading.start, server, bucket))
    uploading.join(60)
    assert len(failed) == 1

    info = server.start()
    sent: list[int] = []
    with ModelBox(info["grpc_addr"]) as client:
        model = client.object(model_id)
        assert model.artifacts() == []
        [artifact] = model.upload_artifact(file, on_progress=lambda _, done, __: sent.append(done))
        assert [one.id for one in model.artifacts()] == [artifact.id]
    assert sent == [len(DATA)]
    assert objects_in(bucket) == [Keys(bucket.prefix).place(artifact.sha256)]
    assert server.stop() == 0


async def _kill_before_the_event(
    dsn: str, upload: Callable[[], None], server: ServerProcess, bucket: S3Settings
) -> None:
    """Hold the append in Postgres until the blob is at its place, then kill the gateway."""
    connection = await asyncpg.connect(dsn)
    async with connection.transaction():
        await connection.execute("SELECT position FROM modelbox.log_head FOR UPDATE")
        upload()
        blobs = Keys(bucket.prefix).blobs
        deadline = time.monotonic() + 60
        while not any(key.startswith(blobs) for key in await asyncio.to_thread(objects_in, bucket)):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        watcher = await asyncpg.connect(dsn)
        while not await watcher.fetch(_WAITING):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        server.kill()
        # Postgres would still carry out what was sent to it: as if the gateway had been killed a moment earlier.
        await watcher.execute(f"SELECT pg_terminate_backend(pid) FROM ({_WAITING}) AS waiting")
        while await watcher.fetch(_WAITING):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        await watcher.close()
    await connection.close()


def test_files_that_nothing_names_are_swept_in_two_steps(server: ServerProcess, tmp_path: Path) -> None:
    info = server.start()
    named, orphan = tmp_path / "named.txt", "ab" + "0" * 62
    named.write_text("named")
    with ModelBox(info["grpc_addr"]) as client:
        [artifact] = client.new_model("digits", namespace="demo").upload_artifact(named)
    blobs = Path(info["data_dir"]) / "blobs"
    (blobs / "sha256" / "ab" / orphan[2:]).write_bytes(b"nobody's")
    long_ago = time.time() - 48 * 3600
    for path in (blobs / "sha256").rglob("*"):
        if path.is_file():
            os.utime(path, (long_ago, long_ago))

    def sweep(*options: str) -> dict[str, dict[str, int]]:
        run = server.modelbox("server", "sweep-artifacts", "--output", "json", *options)
        assert run.returncode == 0, run.stderr
        found: dict[str, dict[str, int]] = json.loads(run.stdout)
        return found

    assert sweep("--dry-run")["set_aside"] == {"files": 1, "bytes": 8}
    assert sweep()["set_aside"] == {"files": 1, "bytes": 8}
    assert sweep()["removed"] == {"files": 0, "bytes": 0}
    os.utime(blobs / "aside" / orphan, (long_ago, long_ago))
    assert sweep("--older-than", "36h")["removed"] == {"files": 1, "bytes": 8}
    left = [path.relative_to(blobs) for path in blobs.rglob("*") if path.is_file() and path.parent.name != "owner"]
    assert left == [Path("sha256", artifact.sha256[:2], artifact.sha256[2:])]
    too_young = server.modelbox("server", "sweep-artifacts", "--older-than", "5m")
    assert too_young.returncode == 2
    assert "from one hour on" in too_young.stderr
    assert server.stop(signal.SIGTERM) == 0
    wait_for(lambda: not server.left(), what="the end of the server's processes")


@pytest.mark.parametrize("storage", ["filesystem", "s3"])
def test_a_server_of_another_log_is_refused_the_store_in_one_line(
    request: pytest.FixtureRequest, server: ServerProcess, second: ServerProcess, dsn: str, storage: str
) -> None:
    """Its sweeps would delete what only the first log names; so would `sweep-artifacts` and a server of files alone."""
    where = f'[artifact_storage_filesystem]\nfolder = "{server.folder}/shared"\n'
    if storage == "s3":
        where = S3.format(request.getfixturevalue("bucket"))
    server.config.write_text(FREE_PORTS + POSTGRES.format(storage=storage, dsn=dsn) + where)
    second.config.write_text(FREE_PORTS + f'artifact_storage = "{storage}"\n' + where)
    first = server.start()
    assert server.modelbox("server", "sweep-artifacts").returncode == 0

    refused = second.modelbox("server", "start")

    assert refused.returncode == 1
    [line] = [line for line in refused.stderr.splitlines() if "Error" in line]
    assert line.startswith(
        f"Error: artifact_storage: the store of artifacts belongs to log {first['log_id']}, and this"
    )
    assert "give this log a folder, bucket or prefix of its own" in line
    assert "Traceback" not in refused.stderr

    forked = server.modelbox("log", "fork", "--yes", "--reason", "to see", "--output", "json")
    assert forked.returncode == 0, forked.stderr
    assert server.modelbox("server", "sweep-artifacts").returncode == 0
    taken = (second.modelbox("server", "start").stderr, server.stop())
    assert json.loads(forked.stdout)["log_id"] in taken[0]
    assert taken[1] == 0
    assert server.start()["log_id"] == json.loads(forked.stdout)["log_id"]
    assert server.stop() == 0
