"""The whole of ModelBox in a minute: a server, a training, a follower, a deployment by tag, and the proofs.

Starts a server with its data in a temporary folder and on free ports, and ends it again whatever happens.

    python demo.py
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

HERE = Path(__file__).parent
MODELBOX = [str(Path(sysconfig.get_path("scripts"), "modelbox"))]
START_TIMEOUT_S = 60.0
FOLLOW_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 30.0

CONFIG = """\
data_dir = "data"
listen_addr = "127.0.0.1:0"
http_listen_addr = "127.0.0.1:0"
prometheus_addr = "127.0.0.1:0"
"""


class Follower:
    """The subscriber: a process of its own whose lines are shown as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Show what the process prints."""
        self._process = process
        self._arrived = threading.Condition()
        self._position = 0
        threading.Thread(target=self._show, daemon=True).start()

    def wait_for(self, position: int) -> None:
        """Return when the change at this position has been shown."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._position >= position, timeout=FOLLOW_TIMEOUT_S):
                sys.exit(f"the follower has come to {self._position}, not to {position}")

    def _show(self) -> None:
        for line in _output_of(self._process):
            print(f"  feed │ {line}", end="", flush=True)
            if number := re.match(r" *(\d+) ", line):
                with self._arrived:
                    self._position = int(number[1])
                    self._arrived.notify_all()


def main() -> None:
    """Run the demo; leave nothing behind."""
    # Being asked to stop ends the blocks below in order, as an error does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(temporary_folder())
        config = folder / "modelbox.toml"
        config.write_text(CONFIG, encoding="utf-8")

        say("Start a server: Postgres, NATS and ModelBox in one process tree")
        server = stack.enter_context(running([*MODELBOX, "server", "start", "--config-path", str(config)], folder))
        info = wait_until_ready(server, config, folder)
        print(f"gRPC {info['grpc_addr']}, feed {info['nats_url']}, log {info['log_id']}")

        say("Follow the feed with plain nats-py, in a process of its own")
        follower = Follower(stack.enter_context(running(script("follow.py", info["nats_follower_file"]), pipe=True)))

        say("Train a classifier of handwritten digits")
        run(script("train.py", info["grpc_addr"]))
        follower.wait_for(server_info(config)["position"])

        show_views(info["grpc_addr"])

        say("Deploy by tag: download what is production and compare its predictions")
        run(script("predict.py", info["grpc_addr"]))

        prove(config)
        position = server_info(config)["position"]
        follower.wait_for(position)
        say(f"Done in {time.monotonic() - started:.0f} s: {position} changes, all of them followed, nothing differs")


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield an empty folder, gone at the end."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="modelbox-demo-")
    except OSError as error:
        sys.exit(f"there is no folder for temporary files ({error.strerror}); set TMPDIR to one that you may write in")
    with folder as name:
        yield Path(name)


def show_views(grpc_addr: str) -> None:
    """List what was recorded, as the views say it."""
    client = [*MODELBOX, "client"]
    environment = {**os.environ, "MODELBOX_API_ADDR": grpc_addr}
    say("What the views say")
    of_demo = ["--namespace", "demo"]
    run([*client, "list", *of_demo], environment)
    run([*client, "runs", "list", *of_demo, "--filter", "metrics.accuracy > 0.9"], environment)
    listed = run([*client, "runs", "list", *of_demo, "--output", "json"], environment, quiet=True)
    [training] = json.loads(listed)
    run([*client, "metrics", "--id", training["id"], "--last"], environment)
    run([*client, "model-versions", "list", *of_demo, "--model", "digits"], environment)
    shown = [*client, "model-versions", "show", *of_demo, "--model", "digits", "--tag", "production"]
    version = json.loads(run([*shown, "--output", "json"], environment, quiet=True))
    run([*client, "lineage", "--id", version["id"], "--direction", "upstream"], environment)


def prove(config: Path) -> None:
    """Recompute the hash chain; fold every view anew from the log and compare."""
    say("Verify the hash chain of the log")
    run([*MODELBOX, "audit", "verify", "--config-path", str(config)])
    say("Rebuild all projections from the log and compare")
    run([*MODELBOX, "projections", "rebuild", "--config-path", str(config)])
    run([*MODELBOX, "projections", "verify", "--config-path", str(config)])


@contextlib.contextmanager
def running(
    command: Sequence[str], folder: Path | None = None, *, pipe: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Start a program, its output into `folder`/output.log or a pipe, and stop it at the end; it must exit with 0."""
    with contextlib.ExitStack() as stack:
        output: int | IO[str] = subprocess.PIPE
        if not pipe:
            output = stack.enter_context(Path(folder or ".", "output.log").open("w", encoding="utf-8"))
        # Not in the terminal's foreground group: Ctrl-C reaches the demo alone, which then stops all in order.
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, text=True, process_group=0)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.returncode != 0:
            sys.exit(f"{command[-3:]} ended with {process.returncode}")


def wait_until_ready(server: subprocess.Popen[str], config: Path, folder: Path) -> dict[str, Any]:
    """Return where the server listens as soon as it takes calls."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(subprocess.CalledProcessError):
            return server_info(config)
        time.sleep(0.2)
    lines = (folder / "output.log").read_text(encoding="utf-8").splitlines() or ["it says nothing"]
    sys.exit(f"the server did not start: {lines[-1]}")


def server_info(config: Path) -> dict[str, Any]:
    """Ask the running server where it listens and how far its log has come."""
    command = [*MODELBOX, "server", "info", "--config-path", str(config), "--output", "json"]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return answer


def script(name: str, argument: str) -> list[str]:
    """Return the command that runs one of the programs beside this one."""
    return [sys.executable, str(HERE / name), argument]


def run(command: Sequence[str], environment: dict[str, str] | None = None, *, quiet: bool = False) -> str:
    """Run a program to its end, show what it prints, and return it; a failure ends the demo."""
    if command[: len(MODELBOX)] == MODELBOX and not quiet:
        print("$ modelbox", *command[len(MODELBOX) :], flush=True)
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        try:
            for line in _output_of(process):
                lines.append(line)
                if not quiet:
                    print(line, end="", flush=True)
        except BaseException:
            process.terminate()
            raise
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return "".join(lines)


def say(what: str) -> None:
    """Print a heading."""
    print(f"\n── {what}", flush=True)


def _output_of(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise ValueError("the process was started without a pipe")
    return process.stdout


if __name__ == "__main__":
    main()
