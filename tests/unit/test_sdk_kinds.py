"""A kind of objects is found by its file, and by nothing else: no list names the kinds."""

from pathlib import Path

from modelbox import kinds
from modelbox.objects import LAST
from modelbox.registry import KINDS


def test_every_file_of_the_kinds_is_a_kind_but_that_of_artifacts_and_no_two_say_one_place() -> None:
    """Artifacts are read with the object that they belong to, never by themselves."""
    [folder] = kinds.__path__
    files = {path.stem for path in Path(folder).glob("*.py")} - {"__init__"}
    assert files == {*KINDS, "artifact"}
    places = [kind.place for kind in KINDS.values() if kind.place != LAST]
    assert len(set(places)) == len(places)
