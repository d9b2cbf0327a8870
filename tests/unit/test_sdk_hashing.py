"""The SHA-256 of bytes that pass by, hashed in a thread of its own."""

import hashlib
import threading

import pytest

from modelbox.transfer.hashing import CHUNKS_AHEAD, Hashing

CHUNKS = [bytes([number]) * 5000 for number in range(10)]


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


@pytest.mark.parametrize("count", [0, 1, 2, len(CHUNKS)])
def test_all_bytes_are_hashed_in_their_order(count: int) -> None:
    with Hashing() as hashing:
        assert list(hashing.passing(CHUNKS[:count])) == CHUNKS[:count]
        assert hashing.hexdigest() == hashlib.sha256(b"".join(CHUNKS[:count])).hexdigest()
    assert "modelbox-hashing" not in names()


def test_one_chunk_needs_no_thread() -> None:
    with Hashing() as hashing:
        hashing.update(CHUNKS[0])
        assert "modelbox-hashing" not in names()
        hashing.update(CHUNKS[1])
        assert "modelbox-hashing" in names()


def test_leaving_in_the_middle_ends_the_thread() -> None:
    def broken() -> None:
        with Hashing() as hashing:
            for chunk in CHUNKS:
                hashing.update(chunk)
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # raised by this test itself
        broken()
    assert "modelbox-hashing" not in names()


def test_bytes_do_not_pile_up_behind_a_slow_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever brings bytes waits when the thread is `CHUNKS_AHEAD` behind."""
    may_hash = threading.Event()
    hashed: list[bytes] = []

    class Slow:
        def update(self, chunk: bytes) -> None:
            if threading.current_thread().name == "modelbox-hashing":
                assert may_hash.wait(10)
            hashed.append(chunk)

    monkeypatch.setattr(hashlib, "sha256", Slow)
    brought: list[int] = []
    with Hashing() as hashing:

        def bring() -> None:
            for number, chunk in enumerate(CHUNKS):
                hashing.update(chunk)
                brought.append(number)

        bringing = threading.Thread(target=bring)
        bringing.start()
        # One is hashed at once, the thread holds one, `CHUNKS_AHEAD` wait.
        bringing.join(0.3)
        assert len(brought) <= 2 + CHUNKS_AHEAD
        may_hash.set()
        bringing.join(10)
    assert hashed == CHUNKS


def test_without_another_thread_the_callers_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with Hashing() as hashing:
        for chunk in CHUNKS:
            hashing.update(chunk)
        assert hashing.hexdigest() == hashlib.sha256(b"".join(CHUNKS)).hexdigest()


def test_what_is_brought_after_the_end_begins_nothing() -> None:
    """A call that broke off may leave one more frame behind."""
    with Hashing() as hashing:
        hashing.update(CHUNKS[0])
        hashing.update(CHUNKS[1])
    hashing.update(CHUNKS[2])
    assert "modelbox-hashing" not in names()
    assert hashing.hexdigest() == hashlib.sha256(b"".join(CHUNKS[:2])).hexdigest()
