"""What a run holds is registered as it is there: the server has the bytes, none travel again."""

from pathlib import Path

import pytest

from modelbox import InvalidFieldError, Model, ModelBox, NotFoundError, NotUploadedError, Run


@pytest.fixture
def run(client: ModelBox, tmp_path: Path) -> Run:
    """A run with files that have changed on this machine since."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in (("small", b"a" * 10), ("large", b"b" * 200_000), ("none", b"")):
        (folder / name).write_bytes(content)
    run = client.start_run("train", namespace="demo", source=False, heartbeat=False)
    run.upload_artifact(folder)
    run.log_text("first", "notes.txt")
    run.log_text("second", "notes.txt")
    for file in folder.iterdir():
        file.write_bytes(b"changed")
    return run


def test_a_version_gets_the_files_of_its_run_without_the_bytes(model: Model, run: Run, tmp_path: Path) -> None:
    version = model.new_model_version(run=run)
    copied = version.copy_artifacts(run, path="model")
    assert sorted((one.path, one.size, one.uploaded) for one in copied) == [
        ("model/large", 200_000, True),
        ("model/none", 0, True),
        ("model/small", 10, True),
    ]
    assert sorted(one.id for one in version.artifacts()) == sorted(one.id for one in copied)
    assert {one.id for one in version.copy_artifacts(run)} > {one.id for one in copied}
    assert len(version.artifacts()) == 4
    version.download_artifacts(tmp_path / "there")
    assert (tmp_path / "there" / "model" / "large").read_bytes() == b"b" * 200_000
    assert (tmp_path / "there" / "model" / "small").read_bytes() == b"a" * 10
    assert (tmp_path / "there" / "notes.txt").read_text() == "second"


def test_what_cannot_be_copied_is_said(client: ModelBox, model: Model, run: Run) -> None:
    with pytest.raises(NotFoundError, match="model/large"):
        model.copy_artifacts(run, path="model/larg")
    elsewhere = client.new_model("m", namespace="other")
    with pytest.raises(InvalidFieldError, match=r"^of: .* namespace"):
        elsewhere.copy_artifacts(run)
    assert elsewhere.artifacts() == []
    tracked = client.start_run("train", namespace="demo", source=False, heartbeat=False)
    tracked.track_artifacts("s3://bucket/file")
    with pytest.raises(NotUploadedError):
        model.copy_artifacts(tracked)
