"""The buffers of transfers are kept for the next ones, and garbage is looked for seldom, but it is."""

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

OBJECTS = """
import gc, sys, weakref
from modelbox_gateway.memory import settle_objects
if sys.argv[1] == "settled":
    settle_objects()
looks = 0
def count(phase, _):
    global looks
    looks += phase == "start"
gc.callbacks.append(count)
class Ring:
    def __init__(self):
        self.itself = self
first = weakref.ref(Ring())
rings = [Ring() and None for _ in range(50_000)]
assert first() is None
print(looks)
"""


def run(program: str, how: str) -> int:
    """Run a program in a process of its own and return what it counts."""
    done = subprocess.run([sys.executable, "-c", program, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def faults(how: str) -> int:
    """Return how often pages were faulted in while 400 chunks of 1 MiB came and went."""
    return run(CHUNKS, how)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library has no mallopt")
def test_chunks_that_come_and_go_are_not_faulted_in_anew() -> None:
    assert faults("kept") < faults("not kept") / 10


def test_garbage_is_looked_for_seldom_and_goes_all_the_same() -> None:
    assert 0 < run(OBJECTS, "settled") < run(OBJECTS, "as it was") / 5
