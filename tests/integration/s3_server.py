"""A real S3 service, SeaweedFS from its wheel: started, killed and started again on the same data and port."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import S3Error

from modelbox_gateway.sections import S3Settings

ACCESS_KEY = "modelbox"
SECRET_KEY = "not-a-real-secret"
READER_KEY = "reader"
START_TIMEOUT_S = 60.0

_WEED = Path(sys.executable).parent / "weed"
_PORTS = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")
_IDENTITIES = {
    "identities": [
        {
            "name": "all",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List"],
        },
        {
            "name": "reads",
            "credentials": [{"accessKey": READER_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Read", "List"],
        },
    ]
}


class S3Server:
    """One server."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with contextlib.ExitStack() as stack:
            # Taken together, so that they differ.
            ports = [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(8)]
        self._ports = dict(zip((*_PORTS, "s3.port", "s3.port.grpc"), ports, strict=True))
        self.endpoint = f"127.0.0.1:{self._ports['s3.port']}"
        self.client = Minio(
            self.endpoint,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            secure=False,
            region="us-east-1",
            http_client=urllib3.PoolManager(retries=False, timeout=10.0),
        )

    def start(self) -> None:
        """Start and wait until it takes objects."""
        data = self._folder / "data"
        data.mkdir(exist_ok=True)
        keys = self._folder / "s3.json"
        keys.write_text(json.dumps(_IDENTITIES))
        options = [f"-{name}={port}" for name, port in self._ports.items()]
        # Alone as it is, the master waits for others after a kill: ten seconds, unless told otherwise.
        alone = ["-master.electionTimeout=1s", "-master.heartbeatInterval=100ms"]
        quiet = ["-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.volumeSizeLimitMB=64"]
        command = [str(_WEED), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}", "-volume.max=0"]
        with (self._folder / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-s3", f"-s3.config={keys}", *options, *alone, *quiet],
                stdout=log,
                stderr=subprocess.STDOUT,
                # A bucket begins with one volume instead of seven: there is room for those of all tests.
                env={**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"},
            )
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._takes_objects():
            assert self._process.poll() is None, (self._folder / "weed.log").read_text()[-3000:]
            assert time.monotonic() < deadline, "S3 did not start in time"
            time.sleep(0.1)

    def kill(self) -> None:
        """Kill it; its data stay."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def new_bucket(self) -> S3Settings:
        """Make a bucket and return how to reach it."""
        bucket = f"test-{uuid.uuid4().hex[:12]}"
        self.client.make_bucket(bucket)
        return S3Settings(
            endpoint=self.endpoint,
            bucket=bucket,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            secure=False,
            prefix="some/where/",
        )

    def _takes_objects(self) -> bool:
        try:
            if not self.client.bucket_exists("ready"):
                self.client.make_bucket("ready")
            self.client.put_object("ready", "x", BytesIO(b""), 0)
        except (S3Error, OSError, urllib3.exceptions.HTTPError):
            return False
        return True


@contextlib.contextmanager
def running_s3(folder: Path) -> Iterator[S3Server]:
    """Run a server in a folder."""
    server = S3Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
