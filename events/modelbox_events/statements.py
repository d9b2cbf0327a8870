"""SQL statements from the `.sql` files of a package, loaded once."""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType


def load(package: str) -> Mapping[str, str]:
    """Return the statements of a package by file name without its ending."""
    folder = files(package)
    statements = {
        item.name.removesuffix(".sql"): item.read_text(encoding="utf-8")
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    }
    return MappingProxyType(statements)
