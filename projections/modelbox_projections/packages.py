"""Finds what the packages of this folder bring: a projection, a kind of object. Who adds one adds its package alone.

Must not know: any kind of object.
"""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Final

_ROOT: Final = __name__.rpartition(".")[0]


def modules(name: str) -> Iterator[ModuleType]:
    """Give the modules of this name, one of each package that has it, in the order of the packages' names."""
    packages = pkgutil.iter_modules(sys.modules[_ROOT].__path__, f"{_ROOT}.")
    for package in sorted(found.name for found in packages if found.ispkg):
        if importlib.util.find_spec(f"{package}.{name}") is not None:
            yield importlib.import_module(f"{package}.{name}")
