"""What the README shows is what happens: its program, its commands, its tasks, its links."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

README: Final = Path(__file__).parents[2] / "README.md"
START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 30.0

# What differs from one run to the next, and what stands for it in the comparison.
_DIFFERENT: Final = {
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "<id>",
    r"[0-9a-f]{64}": "<hash>",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": "<time>",
    # Points are sent in the background: in how many events depends on the moment.
    r"(?<=^to )\d+|(?<=^events )\d+|(?<=yes )\d+( \d+)?": "<number>",
}


def test_program_and_commands_print_what_the_readme_says(served: Mapping[str, str], tmp_path: Path) -> None:
    shutil.copy(README, tmp_path / "README.md")
    [program] = _blocks("python")
    [printed] = _blocks("text")
    assert _run([sys.executable, "-c", program], served, tmp_path) == printed
    [session] = _blocks("console")
    for command, output in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
        assert _alike(_run(["sh", "-c", command], served, tmp_path)) == _alike(output)


def test_tasks_in_the_readme_exist() -> None:
    makefile = (README.parent / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake ([a-z-]+)", README.read_text(encoding="utf-8")))
    assert named
    assert [task for task in sorted(named) if not re.search(rf"^{task}:", makefile, re.MULTILINE)] == []


def test_links_in_the_readmes_lead_somewhere() -> None:
    readmes = [README, *(path for path in README.parent.glob("*/README.md") if not path.parent.name.startswith("."))]
    links = [
        (readme, link)
        for readme in readmes
        for link in re.findall(r"\]\(([^)#]+)\)", readme.read_text(encoding="utf-8"))
        if "://" not in link
    ]
    assert links
    assert [f"{readme}: {link}" for readme, link in links if not (readme.parent / link).exists()] == []


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """An environment in which a server runs as `make serve` starts it, on free ports."""
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
        "MODELBOX_LISTEN_ADDR": "127.0.0.1:0",
        "MODELBOX_HTTP_LISTEN_ADDR": "127.0.0.1:0",
        "MODELBOX_PROMETHEUS_ADDR": "127.0.0.1:0",
        "COLUMNS": "120",
    }
    with (
        (tmp_path / "server.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            ["modelbox", "server", "start"], cwd=tmp_path, env=environment, stdout=log, stderr=subprocess.STDOUT
        ) as server,
    ):
        try:
            yield {**environment, "MODELBOX_API_ADDR": _grpc_addr(server, environment, tmp_path)}
        finally:
            server.terminate()
            assert server.wait(STOP_TIMEOUT_S) == 0


def _grpc_addr(server: subprocess.Popen[bytes], environment: Mapping[str, str], folder: Path) -> str:
    command = ["modelbox", "server", "info", "--output", "json"]
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        info = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        if info.returncode == 0:
            return str(json.loads(info.stdout)["grpc_addr"])
    pytest.fail((folder / "server.log").read_text(encoding="utf-8"))


def _blocks(language: str) -> list[str]:
    """Return the README's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _run(command: list[str], environment: Mapping[str, str], folder: Path) -> str:
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, f"{command}: {run.stderr}"
    return run.stdout


def _alike(text: str) -> str:
    """Return the text without widths of columns and without what differs from one run to the next."""
    text = "\n".join(" ".join(line.split()) for line in text.strip().splitlines())
    for pattern, name in _DIFFERENT.items():
        text = re.sub(pattern, name, text, flags=re.MULTILINE)
    return text
