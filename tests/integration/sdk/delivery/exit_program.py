"""A program that does something when it ends: `address run_id what size`."""

import atexit
import os
import sys
import tempfile
from pathlib import Path

import modelbox
from modelbox.values import LocalFile

ADDRESS, RUN_ID, WHAT, SIZE = sys.argv[1:]
client = modelbox.ModelBox(ADDRESS)
run = client.object(RUN_ID)
path = Path(tempfile.mkdtemp(), "file")
path.write_bytes(os.urandom(int(SIZE)))


def log() -> None:
    """Log and flush with a client that did neither before."""
    first = modelbox.ModelBox(ADDRESS)
    first.object(RUN_ID).log_metrics({"loss": 1.0}, step=1)
    first.flush(20)
    print("flushed")


def deliver() -> None:
    """Have a file uploaded later."""
    run._session.deliver_upload(RUN_ID, LocalFile(path))


def upload() -> None:
    """Upload a file now."""
    run.upload_artifact(path)
    print("done")


def download() -> None:
    """Download what was uploaded before the end."""
    [artifact] = run.artifacts()
    client.download_artifact(artifact, tempfile.mkdtemp())
    print("done")


def watch() -> None:
    """Wait for a change."""
    next(iter(client.watch("")))
    print("done")


if WHAT == "download":
    os.environ["MODELBOX_CACHE"] = "off"
    client = modelbox.ModelBox(ADDRESS)
    run = client.object(RUN_ID)
    run.upload_artifact(path)
run.update_metadata("began", 1)
client.flush()
atexit.register({"log": log, "deliver": deliver, "upload": upload, "download": download, "watch": watch}[WHAT])
