"""The tasks of the Makefile run what they are said to, and what needs a quiet machine only where it is asked for."""

import subprocess
import tomllib
from typing import Final

from tests.architecture.tree import REPOSITORY
from tests.integrations.overhead import FRAMEWORKS

_GROUP: Final = "integration-"


def test_every_framework_is_tested_in_its_environment_without_what_measures() -> None:
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["dependency-groups"]
    names = [group.removeprefix(_GROUP) for group in groups if group.startswith(_GROUP)]
    commands = [line for line in _commands_of("test-integrations") if "bin/pytest" in line]
    assert sorted(commands) == sorted(
        f'build/integrations/{name}/bin/pytest -m "{name} and not overhead" tests/integrations' for name in names
    )


def test_what_measures_runs_with_every_framework_that_has_a_training() -> None:
    trainings = {path.stem.removeprefix("trainings_") for path in REPOSITORY.glob("tests/integrations/trainings_*.py")}
    assert trainings == set(FRAMEWORKS)
    assert any(f"for framework in {' '.join(FRAMEWORKS)};" in line for line in _commands_of("test-overhead"))


def test_no_other_task_measures() -> None:
    running = [
        line for task in ("test", "coverage") for line in _commands_of(task) if "pytest" in line or "-m " in line
    ]
    whole = [line for line in running if "--ignore=tests/acceptance" in line]
    assert len(whole) >= 2
    assert all("not overhead" in line for line in whole)


def _commands_of(task: str) -> list[str]:
    """Return what a task would run, a command in each item."""
    made = subprocess.run(
        ["make", "--dry-run", "--always-make", task],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.replace("\\\n", " ").splitlines()
