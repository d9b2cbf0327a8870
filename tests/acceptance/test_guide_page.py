"""What the user's page shows runs as it stands there, one program after another, in one folder."""

import os
import re
import subprocess
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.acceptance.server_process import ServerProcess

PAGE: Final = Path(__file__).parents[2] / "docs" / "guide.md"
# Programs that use one of these run where it is installed: the test environments of the frameworks have one each.
FRAMEWORKS: Final = ("xgboost", "lightgbm", "keras", "transformers", "lightning")
# What some of the programs print.
SAID: Final = {
    "Find the best run": "'alpha'",
    "Several processes": "[1, 2, 3, 4]",
    "Read a long series": "100 points, a page at a time\n[90, 91, 92]\n",
    "Checkpoints, and": "[0, 1, 2, 3, 4, 5] FINISHED",
    "Delete, and undo it": "[] 1\n1\n",
    "Report from a shell script": 'metrics.loss,"0.6  (min 0.6, max 0.8',
    "Follow what happens": "CREATED experiment",
}

# What some of them warn about; the others say nothing there.
WARNED: Final = {"Checkpoints, and a training that goes on where it was stopped": "is left out"}


def test_the_programs_and_commands_of_the_users_page_run(server: ServerProcess) -> None:
    folder = server.folder / "user"
    folder.mkdir()
    # A repository, as most programs are in one; theirs is in no commit of it.
    for words in ("init -q", "-c user.name=a -c user.email=a@example.org commit -qm first --allow-empty"):
        subprocess.run(["git", *words.split()], cwd=folder, check=True)
    environment = {
        **os.environ,
        "MODELBOX_SOURCE_DIFF": "on",
        "MODELBOX_API_ADDR": server.start()["grpc_addr"],
        "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ["PATH"]]),
    }
    said: dict[str, str] = {}
    for title, language, text in blocks():
        if any(find_spec(name) is None for name in FRAMEWORKS if uses(text, name)):
            continue
        if language == "python":
            program = folder / "program.py"
            program.write_text(text, encoding="utf-8")
            commands = [[sys.executable, program.name]]
        elif language == "sh":
            commands = [["sh", "-euc", text]]
        else:
            commands = [["sh", "-c", line.removeprefix("$ ")] for line in text.splitlines()]
        for command in commands:
            run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            warned = WARNED.get(title, "")
            assert run.returncode == 0, f"{title}: {text}{run.stderr}"
            assert warned in run.stderr if warned else not run.stderr, f"{title}: {text}{run.stderr}"
            said[title] = said.get(title, "") + run.stdout
    for title, words in SAID.items():
        [printed] = [text for name, text in said.items() if name.startswith(title)]
        assert words in printed
    [begun] = [text for title, language, text in blocks() if (title, language) == ("Log a run", "python")]
    assert (folder / "as-it-was" / "program.py").read_text(encoding="utf-8") == begun


def uses(program: str, package: str) -> bool:
    """Tell whether a program imports a package."""
    return re.search(rf"^(import|from) {package}\b", program, re.MULTILINE) is not None


def blocks() -> list[tuple[str, str, str]]:
    """Return the page's blocks of code, each with its title and language."""
    found, title = [], ""
    for part in re.split(r"^(## .*)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        if part.startswith("## "):
            title = part.removeprefix("## ")
        for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", part, re.MULTILINE | re.DOTALL):
            found.append((title, language, text))
    return found
