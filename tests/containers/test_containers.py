"""`make demo` passes whatever a container or a strict host brings, or says in one line what to do.

`make test-containers` runs it, for it needs the right to make namespaces; what cannot be made here is skipped.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.containers.conditions import CONDITIONS, NOBODY, Condition
from tests.containers.installation import install

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]

DEMO_TIMEOUT_S: Final = 200
PATH: Final = os.defpath + ":/usr/sbin:/sbin"
_PROBE_TIMEOUT_S: Final = 30
_TOOLS: Final = ("unshare", "setpriv", "mount", "make", "bash")


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder that every account may enter."""
    with tempfile.TemporaryDirectory(prefix="modelbox-containers-", dir="/opt") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="session")
def shared(place: Path) -> Path:
    """A checkout for all conditions under which its path and its owner are of no account."""
    return install(place / "shared")


@pytest.fixture
def here(place: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="condition-", dir=place))
    folder.chmod(0o755)
    yield folder
    subprocess.run(["chmod", "-R", "u+rwX", folder], check=True)
    shutil.rmtree(folder)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_demo_passes_or_says_in_one_line_what_to_do(condition: Condition, here: Path, shared: Path) -> None:
    _skip_where_it_cannot_be_made(condition)
    checkout = shared
    if condition.folder:
        checkout = install(here / condition.folder / "checkout")
    elif condition.owner:
        checkout = install(here / "checkout")
    run = _run(condition, here, checkout, "make --silent demo")
    output = run.stdout + run.stderr
    assert "Traceback" not in output, output
    if condition.says:
        assert run.returncode != 0
        [line] = [line for line in run.stderr.splitlines() if not line.startswith("make: ***")]
        assert condition.says in line, output
    else:
        assert run.returncode == 0, output
        assert "nothing differs" in run.stdout


SERVE: Final = """
serve() {  # whoever is given: start, ask where it answers, stop
  cd "$HERE"
  "$@" "$CHECKOUT/.venv/bin/modelbox" server start --config-path modelbox.toml 2> "$1.log" & server=$!
  until [ -s data/server.json ] || ! kill -0 $server 2> /dev/null; do sleep 0.1; done
  kill $server 2> /dev/null || { cat "$1.log" >&2; return 1; }
  wait $server
}
printf '%s = "127.0.0.1:0"\n' listen_addr http_listen_addr prometheus_addr > modelbox.toml
printf 'data_dir = "data"\n' >> modelbox.toml
"""


@pytest.mark.parametrize("condition", [Condition("started as root once", prefix=NOBODY, owner=65534)], ids=str)
def test_data_that_root_left_is_said_to_be_roots_and_can_be_taken(
    condition: Condition, here: Path, shared: Path
) -> None:
    """Read as it is by the account that had it before, it would seem damaged."""
    _skip_where_it_cannot_be_made(condition)
    mine = f"cd $HERE; {SERVE} chmod 644 modelbox.toml; serve {condition.prefix}"
    first = _shell(condition, here, shared, mine)
    assert first.returncode == 0, first.stderr
    as_root = _shell(condition, here, shared, f"{SERVE} rm -r data/nats; serve env")
    assert as_root.returncode == 0, as_root.stderr
    refused = _shell(condition, here, shared, mine)
    assert refused.returncode != 0
    [line] = refused.stderr.splitlines()
    assert re.search(r"data/nats belongs to root; .*run as root: chown -R 65534:65534 \S*data,", line)
    taken = _shell(condition, here, shared, f"chown -R 65534:65534 $HERE/data; {mine}")
    assert taken.returncode == 0, taken.stderr


def _shell(condition: Condition, here: Path, checkout: Path, script: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", "HERE": str(here), "CHECKOUT": str(checkout)}
    return _unshared(condition, f"chown 65534 $HERE; cd $HERE; {script}", environment, timeout_s=DEMO_TIMEOUT_S)


def _run(condition: Condition, here: Path, checkout: Path, command: str) -> "subprocess.CompletedProcess[str]":
    owned = f'chown -R {condition.owner}:{condition.owner} "$HERE"\n' if condition.owner else ""
    # What a start leaves in the machine's caches is left in a folder that ends with the condition.
    script = f"""set -e
mount -t tmpfs none /var/cache
{condition.setup}
{owned}cd "$CHECKOUT"
exec {condition.prefix} {command}"""
    places = {"HERE": str(here), "CHECKOUT": str(checkout)}
    environment = {"PATH": PATH, "HOME": "/root", "LANG": "C.UTF-8", **places}
    for name, value in condition.environment.items():
        environment[name] = value.replace("$HERE", str(here))
    return _unshared(condition, script, environment, timeout_s=DEMO_TIMEOUT_S)


def _unshared(
    condition: Condition, script: str, environment: dict[str, str], *, timeout_s: float
) -> "subprocess.CompletedProcess[str]":
    command = ["unshare", "--mount", *condition.unshared.split(), "bash", "-c", script]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", check=False, timeout=timeout_s
    )


def _skip_where_it_cannot_be_made(condition: Condition) -> None:
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    if os.geteuid() != 0:
        pytest.skip("making other accounts and mounts needs root")
    probe = f"mount -t tmpfs none /var/cache && {condition.prefix or 'env'} true"
    tried = _unshared(condition, probe, dict(os.environ), timeout_s=_PROBE_TIMEOUT_S)
    if tried.returncode != 0:
        pytest.skip(f"this machine does not allow it: {tried.stderr.strip()}")
