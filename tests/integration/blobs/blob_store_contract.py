"""What every store of blobs promises. A test module gives its store in a fixture and subclasses this.

A plug-in does the same: `class TestMyStore(BlobStoreContract)` with the fixtures `store` and `objects`.
"""

import hashlib
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from modelbox_gateway.blobs import BlobStore
from modelbox_gateway.errors import BlobDamagedError

MIB = 1024 * 1024
SIZES = [0, 1, MIB - 1, MIB, 3 * MIB + 7, 20 * MIB + 1]

Objects = Callable[[], int]
"""Counts everything that the store keeps, blobs and what is not one yet."""


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def put(store: BlobStore, data: bytes) -> str:
    """Keep bytes and return their SHA-256."""
    writer = store.writer()
    try:
        for at in range(0, max(1, len(data)), MIB):
            writer.write(data[at : at + MIB])
        writer.keep(sha256_of(data))
    finally:
        writer.discard()
    return sha256_of(data)


def get(store: BlobStore, sha256: str, *, offset: int = 0) -> bytes:
    """Return a blob's bytes."""
    reader = store.reader(sha256, offset=offset)
    assert reader is not None
    chunks = []
    while chunk := reader.read(MIB):
        chunks.append(chunk)
    reader.close()
    return b"".join(chunks)


class BlobStoreContract:
    """The rules."""

    @pytest.mark.parametrize("size", SIZES)
    def test_what_was_put_comes_back(self, store: BlobStore, objects: Objects, size: int) -> None:
        data = os.urandom(size)

        sha256 = put(store, data)

        assert get(store, sha256) == data
        assert store.size(sha256) == size
        assert objects() == 1

    @pytest.mark.parametrize("offset", [1, MIB, 3 * MIB - 1])
    def test_reading_begins_where_it_is_told_and_knows_the_whole_size(self, store: BlobStore, offset: int) -> None:
        data = os.urandom(3 * MIB)
        sha256 = put(store, data)

        assert get(store, sha256, offset=offset) == data[offset:]

        reader = store.reader(sha256, offset=offset)
        assert reader is not None
        assert reader.size == len(data)
        reader.close()

    def test_what_is_not_there_is_none(self, store: BlobStore) -> None:
        missing = sha256_of(b"missing")
        assert store.size(missing) is None
        assert store.reader(missing) is None
        assert not store.put_back(missing)
        store.set_aside(missing)
        store.remove(missing)

    @pytest.mark.parametrize("name", ["", "x", "../secret", "A" * 64, "0" * 63, "0" * 65])
    def test_a_name_that_is_no_digest_reaches_nothing(self, store: BlobStore, name: str) -> None:
        for act in (store.size, store.reader, store.set_aside, store.put_back, store.remove):
            with pytest.raises(BlobDamagedError, match="not a SHA-256"):
                act(name)

    @pytest.mark.parametrize("size", SIZES)
    def test_what_is_not_kept_leaves_nothing(self, store: BlobStore, objects: Objects, size: int) -> None:
        writer = store.writer()
        for at in range(0, max(1, size), MIB):
            writer.write(b"x" * min(MIB, size - at))
        writer.discard()

        assert objects() == 0
        assert list(store.stored()) == []

    def test_a_writer_that_was_never_used_leaves_nothing(self, store: BlobStore, objects: Objects) -> None:
        store.writer().discard()

        assert objects() == 0

    def test_a_blob_is_not_there_before_it_is_kept(self, store: BlobStore) -> None:
        data = os.urandom(20 * MIB)
        writer = store.writer()
        for at in range(0, len(data), MIB):
            writer.write(data[at : at + MIB])
            assert store.size(sha256_of(data)) is None
        writer.keep(sha256_of(data))
        writer.discard()
        assert get(store, sha256_of(data)) == data

    def test_the_same_bytes_put_at_once_are_kept_once(self, store: BlobStore, objects: Objects) -> None:
        data = os.urandom(9 * MIB)
        threads = [threading.Thread(target=put, args=(store, data)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert get(store, sha256_of(data)) == data
        assert objects() == 1

    def test_stored_blobs_are_listed_with_size_and_time(self, store: BlobStore) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)  # a store may count whole seconds
        put(store, b"one")
        put(store, b"three")

        listed = {blob.sha256: blob for blob in store.stored()}

        assert {sha256: blob.size for sha256, blob in listed.items()} == {sha256_of(b"one"): 3, sha256_of(b"three"): 5}
        assert all(before <= blob.since <= datetime.now(UTC) + timedelta(seconds=2) for blob in listed.values())

    def test_what_is_set_aside_is_found_only_there_until_it_is_put_back(self, store: BlobStore) -> None:
        sha256 = put(store, b"rarely used")

        store.set_aside(sha256)
        assert store.size(sha256) is None
        assert list(store.stored()) == []
        assert [(blob.sha256, blob.size) for blob in store.aside()] == [(sha256, 11)]

        assert store.put_back(sha256)
        assert get(store, sha256) == b"rarely used"

        store.remove(sha256)
        assert get(store, sha256) == b"rarely used"
        assert list(store.aside()) == []

    def test_what_was_put_back_can_be_set_aside_again(self, store: BlobStore) -> None:
        sha256 = put(store, b"twice")
        store.set_aside(sha256)
        store.put_back(sha256)

        store.set_aside(sha256)

        assert store.size(sha256) is None
        assert store.put_back(sha256)
        assert get(store, sha256) == b"twice"

    def test_what_is_put_while_it_was_set_aside_stays(self, store: BlobStore) -> None:
        sha256 = put(store, b"again")
        store.set_aside(sha256)
        put(store, b"again")

        store.remove(sha256)
        assert get(store, sha256) == b"again"

        store.set_aside(sha256)
        put(store, b"again")
        assert store.put_back(sha256)
        assert get(store, sha256) == b"again"

    def test_what_is_removed_is_gone(self, store: BlobStore, objects: Objects) -> None:
        sha256 = put(store, b"orphan")
        store.set_aside(sha256)
        store.remove(sha256)

        assert not store.put_back(sha256)
        assert objects() == 0

    def test_two_sweeps_at_once_lose_nothing(self, store: BlobStore) -> None:
        sha256 = put(store, b"x" * MIB)
        threads = [threading.Thread(target=store.set_aside, args=(sha256,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert store.put_back(sha256)
        assert get(store, sha256) == b"x" * MIB

    def test_bytes_put_again_heal_what_was_damaged(
        self, store: BlobStore, damage: Callable[[str, bytes], None]
    ) -> None:
        sha256 = put(store, b"precious")
        for bad in (b"prec", b"PRECIOUS"):
            damage(sha256, bad)
            assert get(store, sha256) == bad
            put(store, b"precious")
            assert get(store, sha256) == b"precious"

    def test_who_reads_while_the_bytes_are_put_again_reads_them_to_their_end(self, store: BlobStore) -> None:
        data = os.urandom(5 * MIB)
        sha256 = put(store, data)
        reader = store.reader(sha256)
        assert reader is not None
        first = reader.read(MIB)
        put(store, data)
        rest = b""
        while chunk := reader.read(MIB):
            rest += chunk
        reader.close()
        assert first + rest == data

    def test_what_an_upload_left_is_listed_and_removed(self, store: BlobStore, objects: Objects) -> None:
        self.abandon(store)
        [left] = store.abandoned()
        assert left.since <= datetime.now(UTC) + timedelta(seconds=2)

        store.remove_abandoned(left.name)

        assert list(store.abandoned()) == []
        assert objects() == 0

    def abandon(self, store: BlobStore) -> None:
        """Leave what a killed server leaves of an upload in its middle."""
        raise NotImplementedError

    def test_the_last_mark_of_an_owner_counts_and_none_is_replaced(self, store: BlobStore) -> None:
        assert store.owner() is None
        store.claim(b"first\n", number=1)
        store.claim(b"late\n", number=1)
        first = store.owner()
        assert first is not None
        assert (first.number, first.data) == (1, b"first\n")

        store.claim(b"second\n", number=2)

        second = store.owner()
        assert second is not None
        assert (second.number, second.data) == (2, b"second\n")
        assert not any([*store.stored(), *store.aside(), *store.abandoned()])

    def test_of_marks_that_are_written_at_once_one_stays_whole(self, store: BlobStore) -> None:
        marks = [b"%d\n" % number * 100 for number in range(8)]
        threads = [threading.Thread(target=store.claim, args=(mark,), kwargs={"number": 1}) for mark in marks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = store.owner()
        assert found is not None
        assert found.data in marks
