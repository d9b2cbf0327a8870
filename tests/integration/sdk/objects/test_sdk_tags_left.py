"""Unique tags whose version is deleted, and those that another version has: both are told as people name versions."""

import pytest

from modelbox import Model, ModelBox, NotFoundError, UniqueTagTakenError
from tests.integration.cli_calls import run


@pytest.fixture
def model(client: ModelBox) -> Model:
    model = client.new_model("svc", owner="ada", namespace="tags")
    model.new_model_version()
    model.new_model_version(unique_tags=["production", "best"])
    return model


def test_a_tag_whose_version_is_deleted_is_told_with_what_brings_it_back(
    model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    held = model.model_version(2)
    held.delete()
    assert "no model version holds 'best', 'production' while" in caplog.text
    expected = (
        r"there is no model version 'production' in model 'svc' .*; "
        r"version 2, which held it, was deleted at 20.* UTC; "
        rf"`modelbox client restore --id {held.id}` brings it back, or set the tag on another"
    )
    with pytest.raises(NotFoundError, match=expected):
        model.model_version(tag="production")
    model.model_version(1).set_unique_tag("production")
    assert model.model_version(tag="production").version == "1"


def test_a_version_without_tags_is_deleted_without_a_word(model: Model, caplog: pytest.LogCaptureFixture) -> None:
    model.model_version(1).delete()
    model.delete()
    assert "no model version holds" not in caplog.text


@pytest.mark.usefixtures("cli_server")
def test_the_command_line_tells_of_the_tags_that_a_deletion_leaves(
    model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    run("delete", "--id", model.model_version(2).id)
    assert "no model version holds 'best', 'production'" in caplog.text


def test_a_taken_tag_is_told_with_the_version_that_has_it(model: Model) -> None:
    with pytest.raises(UniqueTagTakenError, match=r"'best' belongs to model version 2 \(.*\); take it .* set_"):
        model.new_model_version(unique_tags=["best"])
    with pytest.raises(NotFoundError, match="'best' does not belong to model version 1; model version 2 holds it"):
        model.model_version(1).remove_unique_tag("best")
