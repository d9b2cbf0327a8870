"""Folders are uploaded with all that they hold, under paths that say where in them it was, or an error says why."""

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelbox import InvalidFieldError, LocalFile, Model
from tests.integration.cli_calls import read, run
from tests.integration.sdk_server import SdkServer


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Four files in three folders."""
    folder = tmp_path / "home" / "run"
    for name in ("a.txt", "sub/a.txt", "sub/deep/a.txt", "sub/deep/b.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """What is in the files below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_a_folder_given_by_its_absolute_path_comes_back_as_by_its_relative_one(
    model: Model, tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploaded = model.upload_artifact(tree)
    assert [one.path for one in uploaded] == ["run/a.txt", "run/sub/a.txt", "run/sub/deep/a.txt", "run/sub/deep/b.txt"]
    assert len(model.download_artifacts(tmp_path / "out")) == 4
    assert contents(tmp_path / "out" / "run") == contents(tree)
    monkeypatch.chdir(tree.parent)
    for same in ("run", "./run/", str(tree) + "/sub/..", Path("../home/./run").resolve()):
        assert model.upload_artifact(same) == uploaded


@pytest.mark.parametrize("artifact_path, below", [("", ""), ("model", "model/"), ("a/b/", "a/b/")])
def test_with_an_artifact_path_what_a_folder_holds_is_directly_below_it(
    model: Model, tree: Path, artifact_path: str, below: str
) -> None:
    uploaded = model.upload_artifact([tree, tree / "sub/deep/b.txt"], artifact_path=artifact_path)
    assert [one.path for one in uploaded] == [
        below + name for name in ("a.txt", "sub/a.txt", "sub/deep/a.txt", "sub/deep/b.txt", "b.txt")
    ]
    [labelled] = model.upload_artifact(LocalFile(tree / "a.txt", label="mine"), artifact_path=artifact_path)
    assert labelled.path == f"{below}mine"


@pytest.mark.usefixtures("cli_server")
def test_the_command_line_takes_an_artifact_path(model: Model, tree: Path) -> None:
    run("artifacts", "upload", "--parent-id", model.id, "--path", str(tree / "sub"), "--artifact-path", "x")
    listed = read("artifacts", "list", "--parent-id", model.id)
    assert {one["path"] for one in listed} == {"x/a.txt", "x/deep/a.txt", "x/deep/b.txt"}


def test_two_files_with_one_path_are_refused_before_the_first_byte(
    sdk_server: SdkServer, model: Model, tree: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "run"
    other.mkdir(parents=True)
    (other / "a.txt").write_text("other", encoding="utf-8")
    before = sdk_server.position()
    with pytest.raises(InvalidFieldError, match=r"^files: .* would both be 'run/a.txt'; give each an artifact_path"):
        model.upload_artifact([tree, other])
    with pytest.raises(InvalidFieldError, match=r"below 'x', which is a file"):
        model.upload_artifact([LocalFile(other / "a.txt", label="x"), LocalFile(tree, label="x")])
    with pytest.raises(InvalidFieldError, match=r"^artifact_path: is absolute"):
        model.upload_artifact(tree, artifact_path="/x")
    assert sdk_server.position() == before
    assert len(model.upload_artifact([tree, tree / "a.txt"], artifact_path="")) == 5, "one file twice is no conflict"


def test_files_behind_links_are_uploaded(model: Model, tree: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "data.bin").write_bytes(b"data")
    (tree / "linked").symlink_to(shared)
    (tree / "link.txt").symlink_to(tree / "a.txt")
    model.upload_artifact(tree)
    model.download_artifacts(tmp_path / "out")
    assert contents(tmp_path / "out" / "run") == contents(tree) | {"linked/data.bin": b"data"}


@pytest.mark.parametrize("bad", ["link", "pipe", "control", "surrogate", "long", "traversal"])
def test_what_cannot_be_kept_is_told_before_the_first_byte(
    sdk_server: SdkServer, model: Model, tree: Path, bad: str
) -> None:
    match bad:
        case "link":
            (tree / "sub" / bad).symlink_to("gone")
        case "pipe":
            os.mkfifo(tree / "sub" / bad)
        case "control":
            (tree / "sub" / "control\n").touch()
        case "surrogate":
            Path(os.fsdecode(os.fsencode(tree) + b"/surrogate\xff")).touch()
        case "long":
            place = tree / "/".join(["long" * 50] * 6)
            place.mkdir(parents=True)
            (place / "a").touch()
        case _:
            (tree / "traversal\\..\\a").touch()
    before = sdk_server.position()
    with pytest.raises(InvalidFieldError, match=rf"^files.*{bad}"):
        model.upload_artifact(tree)
    assert sdk_server.position() == before


def test_what_is_left_out_of_a_folder_is_told(model: Model, tree: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tree / "sub" / "circle").symlink_to(tree)
    (tree / "empty" / "inner").mkdir(parents=True)
    with caplog.at_level(logging.WARNING, "modelbox"):
        assert len(model.upload_artifact(tree)) == 4
    assert [record.getMessage() for record in caplog.records] == [
        f"{str(tree / 'sub' / 'circle')!r} is a link to a folder that holds it; it is not followed",
        f"empty folders are not kept: {str(tree / 'empty' / 'inner')!r}",
    ]


@pytest.fixture
def grown(tmp_path: Path) -> Iterator[Path]:
    """A log that somebody appends to all the time."""
    path = tmp_path / "train.log"
    path.write_bytes(os.urandom(200_000))
    ended = threading.Event()

    def write() -> None:
        with path.open("ab", buffering=0) as file:
            while not ended.wait(0.000_5):
                file.write(b"a line of it\n")

    writer = threading.Thread(target=write)
    writer.start()
    yield path
    ended.set()
    writer.join()


@pytest.mark.parametrize("size", [10_000, 200_000, 3_000_000, 9_000_000])
def test_a_file_that_is_still_being_written_is_sent_as_long_as_it_is(
    model: Model, grown: Path, size: int, tmp_path: Path
) -> None:
    """By whichever way its size sends it."""
    os.truncate(grown, size)
    for number in range(3):
        [artifact] = model.upload_artifact(LocalFile(grown, label=f"{number}.log"))
        sent = model.download_artifact(artifact, tmp_path / "out").read_bytes()
        assert len(sent) >= size
        assert grown.read_bytes().startswith(sent)
