"""A checkout with its environment, as `make setup` leaves it, at any path and for any account."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).parents[2]
DEMO: Final = Path("sdk/python/examples/digits")
_ROOTS: Final = ("events/modelbox_events", "projections/modelbox_projections", "gateway/modelbox_gateway",
                 "sdk/python/modelbox")  # fmt: skip
_PROGRAMS: Final = ("modelbox", "nats-server")


def install(checkout: Path) -> Path:
    """Make a checkout that can run `make demo`, with the packages of the environment that runs this test."""
    shutil.copytree(REPOSITORY / DEMO, checkout / DEMO)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(REPOSITORY / name, checkout / name)
    environment = checkout / ".venv"
    subprocess.run([python_for_all(), "-m", "venv", "--without-pip", environment], check=True, timeout=60)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(environment), "platbase": str(environment)}))
    packages.rmdir()
    _link(Path(sysconfig.get_path("purelib")), packages)
    for root in map(Path, _ROOTS):
        if not (packages / root.name).exists():  # installed from the tree
            shutil.copytree(REPOSITORY / root, packages / root.name)
    for name in _PROGRAMS:
        _copy_program(Path(sysconfig.get_path("scripts"), name), environment / "bin" / name)
    (environment / ".runs").touch()
    return checkout


def python_for_all() -> Path:
    """Return a Python of this version that every account may run.

    Raises:
        LookupError: There is none.
    """
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (
        Path(sys.base_prefix, "bin", name),
        *(Path(folder, name) for folder in ("/usr/bin", "/usr/local/bin")),
    ):
        if candidate.exists() and all(above.stat().st_mode & 0o001 for above in candidate.resolve().parents):
            return candidate
    raise LookupError(f"there is no {name} that every account may run")


def _link(source: Path, target: Path) -> None:
    """Copy a tree; by hard links where that is possible, for it is some hundred megabytes."""
    for flags in ("-al", "-a"):
        if subprocess.run(["cp", flags, source, target], capture_output=True, check=False).returncode == 0:
            return
        shutil.rmtree(target, ignore_errors=True)
    raise OSError(f"{source} cannot be copied to {target}")


def _copy_program(source: Path, target: Path) -> None:
    """Copy a program; one that is a Python script gets the first lines that pip writes for this path."""
    content = source.read_bytes()
    if content.startswith(b"#!"):
        _, _, script = content.partition(b"import ")
        python = os.fsencode(target.parent / "python")
        content = b"#!/bin/sh\n'''exec' \"" + python + b'" "$0" "$@"\n\' \'\'\'\nimport ' + script
    target.write_bytes(content)
    target.chmod(0o755)
