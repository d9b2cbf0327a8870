"""The pages of decisions: each stands in the index, under the title that it has."""

import re
from typing import Final

from tests.architecture.tree import REPOSITORY

_FOLDER: Final = REPOSITORY / "docs/decisions"
_INDEX: Final = _FOLDER / "README.md"


def test_every_decision_stands_in_the_index_once_under_its_title() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", _INDEX.read_text(encoding="utf-8"), re.MULTILINE)
    pages = [path for path in _FOLDER.glob("*.md") if path != _INDEX]
    titles = [(_title(path.read_text(encoding="utf-8")), path.name) for path in pages]
    assert sorted(listed) == sorted(titles)


def test_links_in_decisions_lead_somewhere() -> None:
    assert [
        f"{path.name}: {link}"
        for path in _FOLDER.glob("*.md")
        for link in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8"))
        if "://" not in link and not (_FOLDER / link).exists()
    ] == []


def _title(text: str) -> str:
    return text.splitlines()[0].removeprefix("# ")
