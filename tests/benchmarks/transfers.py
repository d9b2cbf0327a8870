"""Files of 256 MiB and 2,000 small ones: through a gateway, through a process for files, straight to S3.

Beside them, in the same run: a plain copy of the same files that hashes them and is flushed to disk, and bare minio.
The ratio is to the copy; of what goes straight to S3, to minio, which neither hashes nor verifies.
"""

import asyncio
import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from modelbox import ModelBox
from modelbox.limits import FILES_AT_ONCE
from tests.acceptance.server_process import FREE_PORTS, ServerProcess
from tests.benchmarks.report import Figure
from tests.benchmarks.servers import folder
from tests.integration.s3_server import S3Server, running_s3

LARGE_BYTES = 256 * 1024 * 1024
SMALL_FILES = 2_000
SMALL_BYTES = 8 * 1024
ROUNDS = 2
TARGET = "≥ 60 % of the copy"

_ON_FOLDER = """
metadata_storage = "postgres"
artifact_storage = "filesystem"
[metadata_storage_postgres]
dsn = "{dsn}"
[artifact_storage_filesystem]
folder = "{folder}"
"""
_ON_S3 = """
artifact_storage = "s3"
[artifact_storage_s3]
endpoint = "{0.endpoint}"
bucket = "{0.bucket}"
access_key = "{0.access_key}"
secret_key = "{0.secret_key}"
secure = false
"""


class Timed(NamedTuple):
    """Seconds that files took there and back, the best of the rounds."""

    up_s: float
    down_s: float


class Way(NamedTuple):
    """A way that files can take: what it is, and where."""

    name: str
    address: str
    blob_address: str = ""


async def run() -> list[Figure]:
    """Measure."""
    os.environ["MODELBOX_CACHE"] = "off"
    return await asyncio.to_thread(_measure)


def _measure() -> list[Figure]:
    with folder() as place, running_s3(place) as s3, _servers(place, s3) as ways:
        figures: list[Figure] = []
        for what, files in (("256 MiB", [LARGE_BYTES]), (f"{SMALL_FILES:,} × 8 KiB", [SMALL_BYTES] * SMALL_FILES)):
            copy = _best(partial(_copy, files), place)
            bare = _best(partial(_minio, s3, files), place)
            for way in ways:
                with ModelBox(way.address, blob_addr=way.blob_address) as client:
                    timed = _best(partial(_modelbox, client, files), place)
                figures += _figures(what, way, sum(files), timed=timed, copy=copy, bare=bare)
        return figures


def _figures(what: str, way: Way, size: int, *, timed: Timed, copy: Timed, bare: Timed) -> list[Figure]:
    found = []
    for verb, ours_s, copy_s, bare_s in (
        ("upload", timed.up_s, copy.up_s, bare.up_s),
        ("download", timed.down_s, copy.down_s, bare.down_s),
    ):
        reference_s = bare_s if "S3" in way.name else copy_s
        reference = f"copy {_rate(size, copy_s)}, minio {_rate(size, bare_s)}"
        target = TARGET if reference_s is copy_s and size >= LARGE_BYTES else ""
        found.append(Figure(f"{verb} {what}, {way.name}", _rate(size, ours_s), reference, reference_s / ours_s, target))
    return found


def _rate(size: int, seconds: float) -> str:
    return f"{size / seconds / 1e6:,.0f} MB/s" if size >= LARGE_BYTES else f"{SMALL_FILES / seconds:,.0f} files/s"


@contextlib.contextmanager
def _servers(place: Path, s3: S3Server) -> Iterator[list[Way]]:
    """Run a server on a folder, a process for files beside it, and a server on a bucket, which has a log of its own."""
    with contextlib.ExitStack() as stack:

        def start(name: str, config: str, *options: str) -> dict[str, str]:
            home = place / name
            home.mkdir()
            home.chmod(0o755)
            server = ServerProcess(home, config=FREE_PORTS + config)
            stack.callback(server.close)
            return server.start(*options)

        first = start("gateway", "")
        on_folder = _ON_FOLDER.format(dsn=first["postgres_dsn"], folder=Path(first["data_dir"], "blobs"))
        carrier = start("blobs", on_folder, "--role", "blobs")
        straight = start("straight", _ON_S3.format(s3.new_bucket()))
        yield [
            Way("through the gateway", first["grpc_addr"]),
            Way("through a process for files", first["grpc_addr"], carrier["grpc_addr"]),
            Way("straight to S3", straight["grpc_addr"]),
        ]


def _best(transfer: Callable[[Path], Timed], place: Path) -> Timed:
    rounds = []
    for _ in range(ROUNDS):
        where = place / "files"
        rounds.append(transfer(where))
        shutil.rmtree(where)
    return Timed(min(one.up_s for one in rounds), min(one.down_s for one in rounds))


def _make(where: Path, files: Sequence[int]) -> list[Path]:
    """Write files that nobody has seen before."""
    source = where / "source"
    source.mkdir(parents=True)
    (where / "out").mkdir()
    paths = []
    for number, size in enumerate(files):
        paths.append(source / f"{number}.bin")
        paths[-1].write_bytes(os.urandom(size))
    return paths


def _timed(up: Callable[[], object], down: Callable[[], object]) -> Timed:
    start = time.perf_counter()
    up()
    middle = time.perf_counter()
    down()
    return Timed(middle - start, time.perf_counter() - middle)


def _modelbox(client: ModelBox, files: Sequence[int], where: Path) -> Timed:
    paths = _make(where, files)
    version = client.new_model("bench", namespace="bench").new_model_version()
    timed = _timed(lambda: version.upload_artifact(where / "source"), lambda: version.download_artifacts(where / "out"))
    assert len([path for path in (where / "out").rglob("*") if path.is_file()]) == len(paths)
    return timed


def _copy(files: Sequence[int], where: Path) -> Timed:
    paths = _make(where, files)

    def copy(source: Path, target: Path, *, flush: bool) -> None:
        digest = hashlib.sha256()
        with source.open("rb") as reading, target.open("wb") as writing:
            while chunk := reading.read(1024 * 1024):
                digest.update(chunk)
                writing.write(chunk)
            if flush:
                writing.flush()
                os.fsync(writing.fileno())

    def copy_all(to: str, *, flush: bool) -> None:
        with ThreadPoolExecutor(FILES_AT_ONCE) as threads:
            list(threads.map(lambda path: copy(path, where / to / path.name, flush=flush), paths))

    (where / "stored").mkdir()
    return _timed(lambda: copy_all("stored", flush=True), lambda: copy_all("out", flush=False))


def _minio(s3: S3Server, files: Sequence[int], where: Path) -> Timed:
    paths = _make(where, files)
    bucket = s3.new_bucket().bucket

    def put(path: Path) -> None:
        s3.client.fput_object(bucket, path.name, str(path), part_size=8 * 1024 * 1024, num_parallel_uploads=4)

    def get(path: Path) -> None:
        s3.client.fget_object(bucket, path.name, str(where / "out" / path.name))

    def all_of(work: Callable[[Path], None]) -> None:
        with ThreadPoolExecutor(FILES_AT_ONCE) as threads:
            list(threads.map(work, paths))

    return _timed(lambda: all_of(put), lambda: all_of(get))
