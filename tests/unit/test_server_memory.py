"""The buffers of transfers are kept for the next ones."""

import platform
import subprocess
import sys

import pytest

CHUNKS = """
import resource, sys
from modelbox_gateway.memory import keep_buffers
if sys.argv[1] == "kept":
    assert keep_buffers()
def chunk():
    buffers = [bytes([number]) * (1 << 20) for number in range(4)]
    return sum(map(len, buffers))
for _ in range(20):
    chunk()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(100):
    chunk()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> int:
    """Return how often pages were faulted in while 400 chunks of 1 MiB came and went."""
    done = subprocess.run([sys.executable, "-c", CHUNKS, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library has no mallopt")
def test_chunks_that_come_and_go_are_not_faulted_in_anew() -> None:
    assert faults("kept") < faults("not kept") / 10
