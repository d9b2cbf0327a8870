"""Whatever a folder holds, and however it is named, what is up comes down, or an error says what did not."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from modelbox import InvalidFieldError, Model, ModelBox
from tests.integration.sdk_server import SdkServer

CANNOT_BE_KEPT = ("control\n", "broken \udcff", "a\\..\\b")
names = st.sampled_from(["a", "b", "A", "a.txt", "12:30:00.log", "a\\b", " ", "C:", "ä", "~", "-x", "%2e", "a:b", "\\"])
odd_names = st.one_of(names, names, names, names, names, st.sampled_from(CANNOT_BE_KEPT))
contents = st.one_of(
    st.binary(max_size=3), st.sampled_from([b"v1", b"v2"]), st.sampled_from([b"x" * 70_000, b"y" * 70_000])
)


class Link(NamedTuple):
    """A link to another place of the tree, or to none."""

    to: tuple[str, ...]


Tree = dict[tuple[str, ...], bytes | Link | None]
"""What stands at each place; None is a folder."""

places = st.lists(odd_names, min_size=1, max_size=3).map(tuple)
links = st.one_of(st.builds(Link, st.lists(names, max_size=2).map(tuple)))
trees: st.SearchStrategy[Tree] = st.dictionaries(
    places, st.one_of(contents, contents, contents, links, st.none()), min_size=1, max_size=6
)
ways = st.sampled_from(["relative", "absolute", "below", "top"])
thorough = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def server(dsn: str, tmp_path: Path) -> Iterator[SdkServer]:
    server = SdkServer(dsn, tmp_path / "blobs")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: SdkServer) -> Iterator[ModelBox]:
    with ModelBox(server.address) as client:
        yield client


def build(tree: Tree, folder: Path) -> None:
    """Make the tree, leaving out what finds something else in its way."""
    folder.mkdir()
    for names, entry in tree.items():
        place = folder.joinpath(*names)
        if any(above.is_symlink() or above.is_file() for above in (place, *place.parents)) or place.is_dir():
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(entry, Link):
            place.symlink_to(folder.joinpath(*entry.to))
        elif entry is None:
            place.mkdir()
        else:
            place.write_bytes(entry)


def found_in(folder: Path, *, within: tuple[str, ...] = ()) -> dict[str, bytes | None]:
    """Return what is in a folder, by names from there; None for what has no bytes. Circles are not walked."""
    found: dict[str, bytes | None] = {}
    for name in os.listdir(folder):  # noqa: PTH208  # names as they are
        place = folder / name
        if place.is_dir():
            real = os.path.realpath(place)
            holders = (*within, os.path.realpath(folder))
            if real not in holders:
                inner = found_in(place, within=holders)
                found.update({f"{name}/{below}": data for below, data in inner.items()})
        else:
            found[name] = place.read_bytes() if place.is_file() else None
    return found


def can_be_kept(found: dict[str, bytes | None]) -> bool:
    bad = any(data is None or any(name in path for name in CANNOT_BE_KEPT) for path, data in found.items())
    return bool(found) and not bad


def send(model: Model, folder: Path, way: str) -> tuple[str, set[str]]:
    """Upload a folder and return what its files' paths begin with, and the paths."""
    if way in {"below", "top"}:
        below = "kept/run" if way == "below" else ""
        uploaded = model.upload_artifact(folder, artifact_path=below)
        return f"{below}/" if below else "", {one.path for one in uploaded}
    before = Path.cwd()
    os.chdir(folder.parent)
    try:
        uploaded = model.upload_artifact(folder if way == "absolute" else folder.name)
    finally:
        os.chdir(before)
    return f"{folder.name}/", {one.path for one in uploaded}


def is_a_tree(paths: set[str]) -> bool:
    return not any(one.startswith(f"{other}/") for one in paths for other in paths)


@thorough
@given(versions=st.lists(st.tuples(trees, ways), min_size=1, max_size=3))
@example(versions=[({("a",): b"v1"}, "absolute"), ({("a",): b"v2"}, "relative"), ({("a",): b"v1"}, "absolute")])
@example(versions=[({("a",): b"v1"}, "top"), ({("a", "b"): b"v2"}, "top")])
@example(versions=[({("a", "b"): b"v1", ("b",): Link(("a",)), ("A",): Link(())}, "relative")])
def test_what_is_up_comes_down_or_an_error_says_what_did_not(
    server: SdkServer, client: ModelBox, versions: list[tuple[Tree, str]]
) -> None:
    model = client.new_model(uuid.uuid4().hex, owner="me@example.org", namespace="demo")
    kept: dict[str, bytes | None] = {}
    with tempfile.TemporaryDirectory() as name:
        for number, (tree, way) in enumerate(versions):
            folder = Path(name) / str(number) / "run"
            folder.parent.mkdir()
            build(tree, folder)
            wanted = found_in(folder)
            if can_be_kept(wanted):
                prefix, paths = send(model, folder, way)
                assert paths == {prefix + path for path in wanted}
                kept.update({prefix + path: data for path, data in wanted.items()})
            else:
                before = server.position()
                with pytest.raises(InvalidFieldError):
                    send(model, folder, way)
                assert server.position() == before, "nothing of it was uploaded"
            down = Path(name) / str(number) / "down"
            if is_a_tree(set(kept)):
                model.download_artifacts(down)
                assert (found_in(down) if down.exists() else {}) == kept
            else:
                with pytest.raises(InvalidFieldError, match="which is a file"):
                    model.download_artifacts(down)
                assert not down.exists()
