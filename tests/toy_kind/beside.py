"""Runs a program with the toy kind's files beside the real ones: `python -m tests.toy_kind.beside MODULE ARGUMENT…`.

What stands in `files/modelbox_projections` is found as if it stood in the package of that name, and so with every
package: no list is edited, no file copied. The messages of the wire are generated first, as `make proto` does it.
"""

import runpy
import sys
import tempfile
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Final

import grpc_tools
from grpc_tools import protoc

FILES: Final = Path(__file__).parent / "files"
CONTRACT: Final = Path(__file__).parents[2] / "sdk/proto"
WELL_KNOWN: Final = Path(grpc_tools.__file__).parent / "_proto"


class Beside(MetaPathFinder):
    """Finds packages as Python does, and adds to where their modules are looked for."""

    def __init__(self, *roots: Path) -> None:
        """Add what stands in folders of the package's name below these."""
        self._roots: Final = roots

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folders = [str(folder) for root in self._roots if (folder := root.joinpath(*fullname.split("."))).is_dir()]
        spec = PathFinder.find_spec(fullname, path, target) if folders else None
        if spec is None or spec.submodule_search_locations is None:
            return None
        known = spec.submodule_search_locations
        known.extend(folder for folder in folders if folder not in known)
        return spec


def generate(folder: Path) -> None:
    """Write the Python code of the toy kind's messages below a folder."""
    roots = [f"--proto_path={root}" for root in (FILES, CONTRACT, WELL_KNOWN)]
    files = [str(path.relative_to(FILES)) for path in FILES.rglob("*.proto")]
    if protoc.main(["protoc", *roots, f"--python_out={folder}", *files]):
        raise SystemExit("the messages of the toy kind cannot be generated")


def main() -> None:
    """Run the module that the first argument names."""
    with tempfile.TemporaryDirectory(prefix="modelbox-test-") as folder:
        generate(Path(folder))
        sys.meta_path.insert(0, Beside(FILES, Path(folder)))
        del sys.argv[0]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
