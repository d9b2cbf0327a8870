"""Runs a program with the toy kind's files beside the real ones: `python -m tests.toy_kind.beside MODULE ARGUMENT…`.

What stands in `files/modelbox_projections` is found as if it stood in the package of that name, and so with every
package: no list is edited, no file copied.
"""

import runpy
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

FILES: Final = Path(__file__).parent / "files"


class Beside(MetaPathFinder):
    """Finds packages as Python does, and adds the folder of the toy kind to where their modules are looked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folder = str(FILES.joinpath(*fullname.split(".")))
        spec = PathFinder.find_spec(fullname, path, target) if Path(folder).is_dir() else None
        if spec is None or spec.submodule_search_locations is None:
            return None
        if folder not in spec.submodule_search_locations:
            spec.submodule_search_locations.append(folder)
        return spec


def main() -> None:
    """Run the module that the first argument names."""
    sys.meta_path.insert(0, Beside())
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
