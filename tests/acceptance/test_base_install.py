"""The package without extras brings the SDK and the CLI, nothing of the server."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

REPOSITORY: Final = Path(__file__).parents[2]
INSTALL_TIMEOUT_S: Final = 300

# The direct dependencies of the base install and what they bring; a new name here is a decision.
LIGHT: Final = {
    "click", "grpcio", "markdown-it-py", "mdurl", "modelbox", "msgspec", "protobuf", "pygments", "rich",
    "typing-extensions",
}  # fmt: skip
# What `python -m venv` itself puts there.
OF_VENV: Final = {"pip", "setuptools"}


@pytest.fixture(scope="module")
def base_install(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment with the wheel and no extras."""
    folder = tmp_path_factory.mktemp("base")
    _run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, REPOSITORY)
    _run(sys.executable, "-m", "venv", folder / "venv")
    [wheel] = folder.glob("*.whl")
    programs = folder / "venv/bin"
    _run(programs / "pip", "install", "--quiet", "-c", REPOSITORY / "constraints.txt", wheel)
    return programs


@pytest.mark.timeout(2 * INSTALL_TIMEOUT_S)
def test_base_install_is_light(base_install: Path) -> None:
    program = "from importlib.metadata import distributions; print(*(d.name for d in distributions()))"
    installed = {name.lower().replace("_", "-") for name in _run(base_install / "python", "-c", program).split()}
    assert installed - OF_VENV == LIGHT


@pytest.mark.timeout(2 * INSTALL_TIMEOUT_S)
def test_base_install_imports_and_has_its_cli(base_install: Path) -> None:
    _run(base_install / "python", "-c", "import modelbox; modelbox.ModelBox")
    assert "client" in _run(base_install / "modelbox", "--help")


@pytest.mark.timeout(2 * INSTALL_TIMEOUT_S)
@pytest.mark.parametrize("command", [("server", "start"), ("audit", "verify"), ("log", "head")], ids=" ".join)
def test_server_commands_of_a_base_install_say_what_to_install(base_install: Path, command: tuple[str, ...]) -> None:
    run = subprocess.run([base_install / "modelbox", *command], capture_output=True, text=True, check=False)
    assert run.returncode != 0
    assert "pip install" in run.stderr
    assert "modelbox[" in run.stderr
    assert "Traceback" not in run.stderr


def _run(*command: str | Path) -> str:
    run = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout
