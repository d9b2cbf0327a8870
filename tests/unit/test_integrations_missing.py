"""An integration whose framework is not installed says what installs it."""

import subprocess
import sys

import pytest

PROGRAM = """
import sys
for name in {hidden!r}:
    sys.modules[name] = None  # as if it were not installed
try:
    import modelbox.integrations.{module}
except ImportError as error:
    print(type(error).__name__, error)
"""


@pytest.mark.parametrize(
    "module, hidden, command",
    [
        ("lightning", ["lightning", "pytorch_lightning"], "pip install lightning"),
        ("pytorch", ["torch"], "pip install torch"),
        ("transformers", ["transformers"], "pip install transformers"),
        ("sklearn", ["sklearn"], "pip install scikit-learn"),
        ("xgboost", ["xgboost"], "pip install xgboost"),
        ("lightgbm", ["lightgbm"], "pip install lightgbm"),
        ("keras", ["keras"], "pip install keras"),
    ],
)
def test_the_error_names_the_command(module: str, hidden: list[str], command: str) -> None:
    program = PROGRAM.format(module=module, hidden=hidden)
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == f"MissingPackageError {hidden[0]} is not installed; `{command}` installs it\n"


def test_importing_the_client_loads_no_integration_and_no_display() -> None:
    program = (
        "import modelbox, sys; print([name for name in sys.modules if 'integrations' in name or 'display' in name])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
