"""What an import brings along. The contracts between our packages are import-linter's, in pyproject.toml."""

import subprocess
import sys
from typing import Final

import pytest

HEAVY: Final = {
    "modelbox": {"asyncpg", "click", "nats", "numpy", "rich", "starlette", "structlog", "torch", "uvicorn"},
    "modelbox.cli.main": {"asyncpg", "nats", "numpy", "starlette", "structlog", "uvicorn"},
}


@pytest.mark.parametrize("module", HEAVY)
def test_importing_brings_nothing_heavy(module: str) -> None:
    program = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert HEAVY[module] & set(run.stdout.split()) == set()
