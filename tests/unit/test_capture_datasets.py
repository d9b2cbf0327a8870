"""The same content has the same digest everywhere, other content another one."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from modelbox.capture.datasets import describe
from modelbox.errors import InvalidFieldError


def test_a_files_digest_is_the_one_that_sha256sum_prints(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(b"a,b\n1,2\n")
    described = describe(file)
    assert described.digest == f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"
    assert (described.location, described.metadata) == (str(file), {"bytes": 8})


def test_a_folders_digest_is_of_paths_and_contents(tmp_path: Path) -> None:
    for place, name in (("one", "x"), ("two", "x"), ("three", "y")):
        (tmp_path / place / "inner").mkdir(parents=True)
        (tmp_path / place / "inner" / name).write_bytes(b"same")
    one, two, three = (describe(tmp_path / place).digest for place in ("one", "two", "three"))
    assert one == two != three
    assert (
        one
        == "sha256:" + hashlib.sha256(b"inner/x\0" + hashlib.sha256(b"same").hexdigest().encode() + b"\n").hexdigest()
    )


def test_an_arrays_digest_is_of_its_values_not_of_how_they_lie() -> None:
    array = np.arange(12.0).reshape(3, 4)
    digest = describe(array).digest
    assert digest == describe(np.asfortranarray(array)).digest == describe(array.astype(">f8")).digest
    others = (array + 1, array.reshape(4, 3), array.astype("float32"), array[::-1])
    assert digest not in {describe(other).digest for other in others}


def test_every_nan_is_the_same() -> None:
    quiet = np.array([0x7FF8000000000000], dtype="uint64").view("float64")
    other = np.array([0xFFF8000000000001], dtype="uint64").view("float64")
    assert describe(quiet).digest == describe(other).digest


def test_text_is_not_taken_for_its_neighbours() -> None:
    digests = {describe(np.array(words, dtype=object)).digest for words in (["ab", "c"], ["a", "bc"], ["a", None])}
    assert len(digests) == 3


def test_an_arrays_columns_are_counted_and_summed_up() -> None:
    described = describe(np.array([[1.0, 5.0], [3.0, np.nan], [2.0, np.inf]]))
    assert (described.row_count, described.column_count) == (3, 2)
    first, second = described.columns
    assert first.summary == {"count": 3, "nulls": 0, "min": 1, "max": 3, "mean": 2, "std": 1}
    assert second.summary == {"count": 2, "nulls": 1, "min": 5, "max": 5, "mean": 5, "std": 0}


def test_a_summary_over_many_blocks_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelbox.capture.arrays.BLOCK_VALUES", 100)
    values = np.random.default_rng(0).normal(1e6, 1.0, 5_000)
    summary = describe(values).columns[0].summary
    assert summary["mean"] == pytest.approx(values.mean(), rel=1e-12)
    assert summary["std"] == pytest.approx(values.std(ddof=1), rel=1e-9)


def test_training_data_by_name_has_shapes_and_label_counts() -> None:
    described = describe({"X_train": np.zeros((4, 8, 8), "float32"), "y_train": np.array([1, 0, 1, 1])})
    features, labels = described.columns
    assert (features.name, features.type, features.summary["shape"]) == ("X_train", "float32[8, 8]", [4, 8, 8])
    assert (labels.summary["shape"], labels.summary["labels"]) == ([4], [[0, 1], [1, 3]])
    assert described.row_count == 4


class Images:
    """A dataset as torch has them, by its length and items alone."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, index: int) -> int:
        raise AssertionError("items are not read: each reading may make them anew")


def test_a_dataset_whose_items_are_made_is_described_by_class_and_length() -> None:
    described = describe(Images(), location="s3://bucket/images")
    assert (described.row_count, described.location, described.digest_of) == (
        7,
        "s3://bucket/images",
        "class and length",
    )


@pytest.mark.parametrize("data", [1, None, [1, 2], b"bytes", {}, {"x": "path"}, "no/such/file"])
def test_what_cannot_be_described_is_refused(data: object) -> None:
    with pytest.raises(InvalidFieldError):
        describe(data)
