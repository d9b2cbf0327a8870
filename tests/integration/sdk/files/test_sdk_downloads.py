"""Downloads into folders that are not empty, and of files whose places are not told by their paths alone."""

from pathlib import Path

import pytest

from modelbox import InvalidFieldError, LocalFile, Model, ModelBox
from tests.integration.cli_calls import run


def labelled(folder: Path, label: str, content: str) -> LocalFile:
    """A file with this label and content."""
    path = folder / f"{abs(hash((label, content)))}"
    path.write_text(content, encoding="utf-8")
    return LocalFile(path, label=label)


def test_edited_files_are_not_replaced_unasked(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    for name in ("a.txt", "b.txt", "c.txt"):
        Path(name).write_text("sent", encoding="utf-8")
    model.upload_artifact(["a.txt", "b.txt", "c.txt"])
    Path("a.txt").write_text("mine", encoding="utf-8")
    Path("b.txt").unlink()
    with pytest.raises(InvalidFieldError, match=r"^destination: 'a.txt' would be replaced .*overwrite=True"):
        model.download_artifacts()
    assert Path("a.txt").read_text(encoding="utf-8") == "mine"
    assert not Path("b.txt").exists(), "nothing was downloaded"

    kept = Path("c.txt").stat()
    model.download_artifacts(overwrite=True)
    assert [Path(name).read_text(encoding="utf-8") for name in ("a.txt", "b.txt")] == ["sent", "sent"]
    assert Path("c.txt").stat().st_ino == kept.st_ino, "what is there already stays"
    assert sorted(path.name for path in Path().iterdir()) == ["a.txt", "b.txt", "c.txt"]


def test_a_file_that_comes_while_one_is_downloaded_is_not_replaced(model: Model, tmp_path: Path) -> None:
    [artifact] = model.upload_artifact(labelled(tmp_path, "a.txt", "sent" * 100_000))
    place = tmp_path / "out" / "a.txt"

    def write(_path: str, _done: int, _total: int) -> None:
        place.write_text("mine", encoding="utf-8")

    with pytest.raises(InvalidFieldError, match=r"a.txt' would be replaced"):
        model.download_artifact(artifact, tmp_path / "out", on_progress=write)
    assert place.read_text(encoding="utf-8") == "mine"
    assert [path.name for path in place.parent.iterdir()] == ["a.txt"]


def test_a_link_without_its_target_is_not_replaced_unasked(model: Model, tmp_path: Path) -> None:
    [artifact] = model.upload_artifact(labelled(tmp_path, "a.txt", "sent"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.txt").symlink_to("gone")
    with pytest.raises(InvalidFieldError, match="would be replaced"):
        model.download_artifact(artifact, tmp_path / "out")
    model.download_artifact(artifact, tmp_path / "out", overwrite=True)
    assert not (tmp_path / "out" / "a.txt").is_symlink()


def test_absolute_paths_with_one_last_part_all_come_back(model: Model, tmp_path: Path) -> None:
    labels = ["/data/a/model.pt", "/data/b/model.pt", "/data/a/notes.txt"]
    model.upload_artifact([labelled(tmp_path, label, label) for label in labels])
    places = model.download_artifacts(tmp_path / "out")
    assert {place.relative_to(tmp_path / "out").as_posix() for place in places} == {
        "data/a/model.pt",
        "data/b/model.pt",
        "notes.txt",
    }
    assert sorted(place.read_text(encoding="utf-8") for place in places) == sorted(labels)


def test_names_stay_as_they_are(model: Model, tmp_path: Path) -> None:
    names = ["logs/12:30:00.log", "a\\b.txt", "ein Wort.txt", "~", "C:", "a/b.txt"]
    model.upload_artifact([labelled(tmp_path, name, name) for name in names])
    places = model.download_artifacts(tmp_path / "out")
    assert {place.relative_to(tmp_path / "out").as_posix() for place in places} == set(names)
    for place in places:
        assert place.read_text(encoding="utf-8") == place.relative_to(tmp_path / "out").as_posix()


def test_a_path_that_is_a_file_and_a_folder_is_told_before_anything_is_downloaded(model: Model, tmp_path: Path) -> None:
    for label in ("run/a", "run/a/b"):
        model.upload_artifact(labelled(tmp_path, label, label))
    with pytest.raises(InvalidFieldError, match=r"'run/a/b' is below 'run/a', which is a file"):
        model.download_artifacts(tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run").write_text("mine", encoding="utf-8")
    with pytest.raises(InvalidFieldError, match=r"run' is a file; the artifact needs a folder"):
        model.download_artifact(model.artifacts()[0], tmp_path / "out")


@pytest.mark.usefixtures("cli_server")
def test_two_artifacts_with_one_path_are_not_downloaded_into_one_place(
    client: ModelBox, model: Model, tmp_path: Path
) -> None:
    ids = [model.upload_artifact(labelled(tmp_path, "a.txt", content))[0].id for content in ("one", "two")]
    with pytest.raises(InvalidFieldError, match=r"are both 'a.txt'; download them into different folders"):
        client.download_artifacts(ids, tmp_path / "out")
    both = ("artifacts", "download", "--id", ids[0], "--id", ids[1], "--path", str(tmp_path / "out"))
    refused = run(*both, code=1)
    assert "are both 'a.txt'" in refused.stderr
    assert not (tmp_path / "out").exists()
    assert client.download_artifacts([ids[0], ids[0]], tmp_path / "out") == [tmp_path / "out" / "a.txt"] * 2

    again = ("artifacts", "download", "--id", ids[1], "--path", str(tmp_path / "out"))
    assert "--overwrite" in run(*again, code=1).stderr
    assert run(*again, "--overwrite").stdout.strip() == str(tmp_path / "out" / "a.txt")
    assert (tmp_path / "out" / "a.txt").read_text(encoding="utf-8") == "two"
