"""The repository works anywhere: nothing in it names one machine's folders or one network's hosts."""

import re
from typing import Final

from tests.architecture.tree import REPOSITORY, files

_FORBIDDEN: Final = {
    "a folder of one machine": re.compile(rb"(?<![\w.~])/(?:home|root|work|opt|mnt|Users)/\w|/tmp/\w"),
    # In parts, so that this file need not be left out of its own test.
    "a package registry": re.compile(
        rb"py(?:pi\.org|thonhosted)|npm(?:js)|--(?:extra-)?index-(?:url)|--find-(?:links)|--trusted-(?:host)"
    ),
    "an address of a private network": re.compile(rb"\b(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b"),
}


def test_no_file_names_a_machine_or_a_registry() -> None:
    assert [
        f"{path}: {what}: {found.group().decode()}"
        for path in files()
        for what, pattern in _FORBIDDEN.items()
        if (found := pattern.search((REPOSITORY / path).read_bytes()))
    ] == []


def test_pinned_versions_are_plain() -> None:
    """One `name==version` a line: no addresses, no hashes, no options."""
    for path in (path for path in files() if path.name == "constraints.txt"):
        lines = (REPOSITORY / path).read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if not line.startswith("#")]
        assert pins, path
        assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == [], path


def test_every_top_folder_says_what_it_is() -> None:
    folders = {path.parts[0] for path in files() if len(path.parts) > 1 and not path.parts[0].startswith(".")}
    assert [folder for folder in sorted(folders) if not (REPOSITORY / folder / "README.md").is_file()] == []
