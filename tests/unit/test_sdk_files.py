"""Labels of files, their types, and where an artifact with any label ends up."""

from pathlib import Path, PurePosixPath

import pytest

from modelbox.enums import FileType, MLFramework
from modelbox.errors import InvalidFieldError
from modelbox.transfer.artifact_paths import path_below
from modelbox.transfer.files import files_to_track, files_to_upload, label_of, wire_file
from modelbox.values import LocalFile

ID = "1c9f6b8e"


@pytest.mark.parametrize(
    "label, place",
    [
        ("model.pt", "model.pt"),
        ("run/checkpoints/last.ckpt", "run/checkpoints/last.ckpt"),
        ("./run//a.txt", "run/a.txt"),
        ("/data/me/model.pt", "model.pt"),
        ("//host/share/model.pt", "model.pt"),
        ("C:\\models\\net.pt", "net.pt"),
        ("\\\\host\\share\\net.pt", "net.pt"),
        ("models\\net.pt", "models\\net.pt"),
        ("logs/12:30:00.log", "logs/12:30:00.log"),
        ("a\\b.txt", "a\\b.txt"),
        ("../../etc/passwd", "passwd"),
        ("a/../../b", "b"),
        ("a\\..\\..\\b", "a\\..\\..\\b"),
        ("..", ID),
        ("a/..", ID),
        ("/", ID),
        (".", ID),
        ("", ID),
        ("C:", "C:"),
        ("file:///etc/passwd", "passwd"),
        ("s3://bucket/key/model.onnx", "model.onnx"),
        ("epoch:1/c", "epoch:1/c"),
        ("a:b/c", "a:b/c"),
        ("~/.ssh/id", "~/.ssh/id"),
    ],
)
def test_a_label_is_only_a_name_below_the_folder(label: str, place: str) -> None:
    found = path_below(label, file_id=ID, windows=False)
    assert found == PurePosixPath(place)
    assert not found.is_absolute()
    assert ".." not in found.parts


@pytest.mark.parametrize("file_id", ["../x", "/etc/passwd", "a/../../b", "..", "x\0y", "", "C:\\x", "/"])
def test_an_id_that_is_none_is_only_a_name_too(file_id: str) -> None:
    """It stands in for a label that says nothing, and a server says both."""
    found = path_below("..", file_id=file_id)
    assert len(found.parts) == 1
    assert not set(str(found)) & {"/", "\\", "\0", ":"}
    assert found.name not in {"", "..", "."}


@pytest.mark.parametrize(
    "label, place",
    [
        ("C:\\models\\net.pt", "net.pt"),
        ("models\\net.pt", "models/net.pt"),
        ("a\\..\\..\\b", "b"),
        ("C:", "C_"),
        ("logs/12:30:00.log", "logs/12_30_00.log"),
        ("a?b/c*", "a_b/c_"),
        ("a:b/c", "c"),
        ("run/model.pt", "run/model.pt"),
    ],
)
def test_on_windows_a_place_has_only_names_that_windows_takes(label: str, place: str) -> None:
    assert path_below(label, file_id=ID, windows=True) == PurePosixPath(place)


@pytest.mark.parametrize(
    "path, label",
    [
        ("model.pt", "model.pt"),
        ("/abs/model.pt", "/abs/model.pt"),
        ("../model.pt", "model.pt"),
        ("../../a/../b/c", "b/c"),
        ("a/b/../c", "a/c"),
        ("s3://bucket/x", "s3://bucket/x"),
    ],
)
def test_a_label_leaves_out_what_leads_nowhere(path: str, label: str) -> None:
    assert label_of(path) == label


@pytest.mark.parametrize(
    "path, file_type",
    [
        ("a.pt", FileType.MODEL),
        ("a.SafeTensors", FileType.MODEL),
        ("b/a.ckpt", FileType.CHECKPOINT),
        ("a.tar.txt", FileType.TEXT),
        ("a.jpg", FileType.IMAGE),
        ("a.mp3", FileType.AUDIO),
        ("a.mp4", FileType.VIDEO),
        ("s3://b/a.onnx", FileType.MODEL),
        ("C:\\a.onnx", FileType.MODEL),
        ("pt", FileType.UNDEFINED),
        ("a.b/c", FileType.UNDEFINED),
    ],
)
def test_a_type_is_told_by_the_extension(path: str, file_type: FileType) -> None:
    assert FileType.of_path(path) is file_type


def test_enums_are_named_in_either_case_and_unknown_numbers_are_readable() -> None:
    assert MLFramework.parse("PyTorch", field="framework") is MLFramework.PYTORCH
    assert MLFramework(999) is MLFramework.UNKNOWN
    assert FileType(77) is FileType.UNDEFINED
    with pytest.raises(InvalidFieldError, match=r"^framework: 'caffe' is not one of UNKNOWN, PYTORCH"):
        MLFramework.parse("caffe", field="framework")


def test_an_upload_is_checked_before_its_first_byte(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "empty").mkdir()
    assert files_to_upload([]) == []
    assert [file.path for file in files_to_upload(str(tmp_path / "a.txt"))] == [str(tmp_path / "a.txt")]
    for bad in ([tmp_path / "a.txt", tmp_path / "b.txt"], [tmp_path / "a.txt", tmp_path / "empty"], ["ok", 7]):
        with pytest.raises(InvalidFieldError, match=r"^files\[[01]\]: "):
            files_to_upload(bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidFieldError, match=r"^files: needs paths"):
        files_to_upload(7)  # type: ignore[arg-type]


def test_a_walk_does_not_follow_a_link_to_a_folder_that_holds_it(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "a.txt").touch()
    (tmp_path / "run" / "circle").symlink_to(tmp_path / "run")
    (tmp_path / "run" / "link.txt").symlink_to(tmp_path / "run" / "a.txt")
    assert [Path(file.path).name for file in files_to_upload(tmp_path / "run")] == ["a.txt", "link.txt"]


def test_tracked_paths_need_not_exist(tmp_path: Path) -> None:
    file = LocalFile("s3://b/x", "etag:1")
    assert files_to_track(["gs://b/y", "missing/model.pt", file]) == [
        LocalFile("gs://b/y"),
        LocalFile("missing/model.pt"),
        file,
    ]
    assert files_to_track(tmp_path / "missing") == [LocalFile(tmp_path / "missing")]


def test_a_label_stands_for_the_path_and_before_the_files_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner/weights.bin").write_bytes(b"w")
    [file] = files_to_upload(LocalFile(tmp_path, label="step-10"))
    assert (wire_file(file).path, file.path) == ("step-10/inner/weights.bin", tmp_path / "inner/weights.bin")
    assert wire_file(LocalFile("weights.bin", label="model.ckpt")).file_type == FileType.CHECKPOINT.value
