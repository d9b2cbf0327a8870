"""The states that a component's database functions have had, a line each in `functions/levels.txt`.

`python -m tests.architecture.function_levels` (`make schema`) adds the one of today.
"""

from pathlib import Path
from typing import Final

from modelbox_events.component import LEVELS, Component
from tests.architecture.tree import REPOSITORY, SOURCE_ROOTS, files

_HEAD: Final = (
    "# The states of these functions, the oldest first: a checksum of them all. `make schema` adds a line when they\n"
    "# change, and none is taken away: a process that knows fewer than another is older, and replaces nothing.\n"
)


def components() -> dict[Component, Path]:
    """Return every component that has functions, with their folder."""
    folders = {path.parent for path in files() if path.parent.name == "functions" and path.suffix == ".sql"}
    return {_component_of(folder): REPOSITORY / folder for folder in sorted(folders)}


def _component_of(folder: Path) -> Component:
    [root] = [root for root in SOURCE_ROOTS if folder.is_relative_to(root)]
    package = folder.parent.relative_to(root)
    return Component(package.name, ".".join(package.parts))


def main() -> None:
    """Add the states of today."""
    for component, folder in components().items():
        states = component.states
        if states[-1:] != [component.state]:
            text = _HEAD + "".join(f"{state}\n" for state in [*states, component.state])
            (folder / LEVELS).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
