"""What the README shows is what happens: its program, its commands, its tasks, its links."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.acceptance.server_process import ServerProcess

README: Final = Path(__file__).parents[2] / "README.md"
# What differs from one run to the next, and what stands for it in the comparison.
_DIFFERENT: Final = {
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}": "<id>",
    r"[0-9a-f]{64}": "<hash>",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": "<time>",
    # Points are sent in the background: in how many events depends on the moment.
    r"(?<=^to )\d+|(?<=^events )\d+|(?<=yes )\d+( \d+)?": "<number>",
}


def test_program_and_commands_print_what_the_readme_says(server: ServerProcess) -> None:
    """As beside `make serve`, but on free ports: the addresses come from the environment and the configuration."""
    environment = {
        **os.environ,
        "MODELBOX_API_ADDR": server.start()["grpc_addr"],
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
        "COLUMNS": "120",
    }
    shutil.copy(README, server.folder / "README.md")
    [program] = _blocks("python")
    [printed] = _blocks("text")
    assert _run([sys.executable, "-c", program], environment, server.folder) == printed
    [session] = _blocks("console")
    for command, output in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE):
        assert _alike(_run(["sh", "-c", command], environment, server.folder)) == _alike(output)
    # A second time it is another run and the model's next version.
    again = printed.replace("digits 1", "digits 2")
    assert _run([sys.executable, "-c", program], environment, server.folder) == again


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
