"""Parameters that several calls take are written once, and each call shows and describes them as its own."""

import inspect
from typing import Annotated, Any, TypedDict, Unpack

import pytest

from modelbox import ModelBox
from modelbox.other_words import takes
from modelbox.parameters import About, filled


class Size(TypedDict, total=False):
    width: Annotated[int, About("How wide.", 8)]
    unit: Annotated["str | None", About("In which unit; of pixels, unless given.")]


Color = Annotated[str, About("Of which color.", "red")]


@takes()
def paint(name: str, color: Color = "red", **size: Unpack[Size]) -> Any:
    """Paint something.

    Args:
        name: What.
        unit: Said otherwise.

    Raises:
        ValueError: It cannot be painted.
    """
    return name, color, filled(Size, size)


def test_a_call_shows_the_shared_parameters_with_their_defaults() -> None:
    assert str(inspect.signature(paint)) == (
        "(name: str, color: str = 'red', *, width: int = 8, unit: 'str | None' = None) -> Any"
    )


def test_a_call_describes_the_shared_parameters_unless_it_has_words_of_its_own() -> None:
    assert inspect.getdoc(paint) == (
        "Paint something.\n\nArgs:\n    name: What.\n    unit: Said otherwise.\n    color: Of which color.\n"
        "    width: How wide.\n\nRaises:\n    ValueError: It cannot be painted."
    )


def test_what_is_not_given_is_what_the_description_says() -> None:
    assert paint("a", width=3) == ("a", "red", {"width": 3, "unit": None})
    with pytest.raises(TypeError, match=r"^paint\(\) has no argument 'size'; it takes name, color, width, unit$"):
        paint("a", size=3)  # type: ignore[call-arg]  # that is the test


@pytest.mark.parametrize("call", [ModelBox.experiments, ModelBox.runs, ModelBox.models, ModelBox.datasets])
def test_the_help_of_each_list_describes_all_that_it_takes(call: Any) -> None:
    described = inspect.getdoc(call) or ""
    for name in ("filter", "order_by", "recursive", "include_deleted", "limit"):
        assert f"\n    {name}: " in described
        assert name in inspect.signature(call).parameters
