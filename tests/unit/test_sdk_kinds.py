"""A kind of objects is found by its file, and by nothing else: no list names the kinds."""

from pathlib import Path

from modelbox import kinds
from modelbox.registry import KINDS


def test_every_file_of_the_kinds_is_a_kind_with_a_place_but_that_of_artifacts() -> None:
    """Artifacts are read with the object that they belong to, never by themselves."""
    [folder] = kinds.__path__
    files = {path.stem for path in Path(folder).glob("*.py")} - {"__init__"}
    assert files == {*KINDS, "artifact"}
    assert len({kind.place for kind in KINDS.values()}) == len(KINDS)
