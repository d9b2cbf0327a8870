"""Frameworks, imported when they are used, with an error that says how to get them."""

import importlib
from typing import Any

from modelbox.errors import MissingPackageError


def framework(module: str, *, install: str) -> Any:
    """Import a module of a framework.

    Raises:
        MissingPackageError: The framework is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise  # it is there, but lacks something of its own
        raise MissingPackageError.of(package, f"pip install {install}") from None
