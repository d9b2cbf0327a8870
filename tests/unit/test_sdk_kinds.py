"""A kind of objects is found by its file, and by nothing else: no list names the kinds."""

from pathlib import Path

from modelbox import kinds
from modelbox.objects import LAST, is_found_by_name
from modelbox.proto import modelstore_pb2 as pb
from modelbox.registry import KINDS


def test_every_file_of_the_kinds_is_a_kind_but_that_of_artifacts_and_no_two_say_one_place() -> None:
    """Artifacts are read with the object that they belong to, never by themselves."""
    [folder] = kinds.__path__
    files = {path.stem for path in Path(folder).glob("*.py")} - {"__init__"}
    assert files == {*KINDS, "artifact"}
    places = [kind.place for kind in KINDS.values() if kind.place != LAST]
    assert len(set(places)) == len(places)


def test_a_name_finds_an_object_where_its_request_asks_for_no_more() -> None:
    """Where it asks for more, such as a version, several of a namespace have one name."""
    assert is_found_by_name(pb.GetModelRequest)
    assert not is_found_by_name(pb.GetRunRequest)
    assert not is_found_by_name(pb.CreateModelVersionRequest)
    assert not is_found_by_name(pb.CreateModelRequest)
