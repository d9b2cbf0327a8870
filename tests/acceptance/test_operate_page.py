"""What docs/operate.md says of watching a server and following its feed is so; its programs run as they stand there."""

import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Final

from modelbox_events.feed import Trouble
from modelbox_gateway.config import Config
from tests.acceptance.calls import create_model
from tests.acceptance.server_process import ServerProcess, get_json
from tests.acceptance.test_server_relay import is_complete

PAGE: Final = (Path(__file__).parents[2] / "docs/operate.md").read_text(encoding="utf-8")
FOLLOW, REMOVE = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
FOLLOWED_MAX: Final = 10


def run(program: str, file: str | Path) -> list[str]:
    """Run a program of the page with a file; return its lines."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_programs_follow_the_feed_and_remove_what_a_fork_retired(server: ServerProcess) -> None:
    """A durable consumer goes on after a rebuild; after a fork it begins in the other stream."""
    info = server.start()
    create_model(info["grpc_addr"], "one")
    server.wait_until(lambda: is_complete(server))
    first = run(FOLLOW, info["nats_follower_file"])
    assert [line.split()[:2] for line in first] == [["1", "ModelCreated"]]
    assert run(FOLLOW, info["nats_follower_file"]) == [], "nothing is new"
    assert server.modelbox("relay", "rebuild", "--yes").returncode == 0
    create_model(info["grpc_addr"], "two")
    server.wait_until(lambda: is_complete(server))
    lines: list[str] = []
    for _ in range(FOLLOWED_MAX):  # on a busy machine two seconds may end before the message has come
        if lines := run(FOLLOW, info["nats_follower_file"]):
            break
    assert [line.split()[0] for line in lines] == ["2"]
    relay = server.data / "nats/relay.json"
    assert run(REMOVE, relay) == []
    assert server.modelbox("log", "fork", "--yes", "--reason", "a copy lives on").returncode == 0
    server.wait_until(lambda: is_complete(server))
    again = run(FOLLOW, info["nats_follower_file"])
    assert [line.split()[:2] for line in again] == [["1", "ModelCreated"], ["2", "ModelCreated"], ["3", "LogForked"]]
    assert again[0] == first[0]
    server.wait_until(lambda: len(run(REMOVE, relay)) == 1)
    assert is_complete(server)
    assert server.stop() == 0


def test_addresses_metrics_and_words_are_those_of_a_server(running: ServerProcess) -> None:
    defaults = Config()
    for address in (defaults.http_listen_addr, defaults.prometheus_addr):
        assert f"`{address}`" in PAGE
    info = running.info()
    pages = [get_json(f"http://{info['http_addr']}/{page}") for page in ("healthz", "readyz", "health")]
    assert [status for status, _ in pages] == [200, 200, 200]
    assert (pages[1][1]["missing"], pages[2][1]["status"]) == ([], "ok")
    create_model(info["grpc_addr"], "one")
    with urllib.request.urlopen(f"http://{info['prometheus_addr']}/metrics", timeout=5) as answer:
        served = answer.read().decode()
    named = set(re.findall(r"`(modelbox_\w+)", PAGE)) - {"modelbox_service_", "modelbox_views"}  # a role, a schema
    assert len(named) > 8
    assert [name for name in sorted(named) if not re.search(rf"^{name}[ {{]", served, re.MULTILINE)] == []
    assert [word for word in Trouble if f"| `{word}` |" not in PAGE] == []
