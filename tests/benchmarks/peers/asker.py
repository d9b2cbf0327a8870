"""Has a program ask a server: in its client's environment, one request after the other."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

from tests.benchmarks.peers.mlflow_server import ENVIRONMENT
from tests.benchmarks.peers.peer import Name

REPOSITORY: Final = Path(__file__).parents[3]
# A file that is downloaded again comes from the server again.
_ENVIRONMENT: Final = {**ENVIRONMENT, "MODELBOX_CACHE": "off"}
WRITING_S: Final = 3.0
"""How long writers write."""
_END_TIMEOUT_S: Final = 30.0
_WRITERS_TIMEOUT_S: Final = 400.0


class Asker:
    """The program `asking` for one server; it ends with the block."""

    def __init__(self, name: Name, address: str, folder: Path, python: str) -> None:
        """Start it with a Python that has the server's client; files lie in the folder meanwhile."""
        self._command = [python, "-m", "tests.benchmarks.peers.asking", name, address, str(folder)]
        self._process = subprocess.Popen(
            self._command, cwd=REPOSITORY, env=_ENVIRONMENT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    @classmethod
    def modelbox(cls, address: str, folder: Path) -> Self:
        """Ask ModelBox."""
        return cls("modelbox", address, folder, sys.executable)

    @classmethod
    def mlflow(cls, address: str, folder: Path, python: str) -> Self:
        """Ask MLflow, by a Python that has it."""
        return cls("mlflow", address, folder, python)

    def seconds(self, operation: str, *, calls: int) -> list[float]:
        """Return how long each of some calls took."""
        print(json.dumps({"operation": operation, "calls": calls}), file=self._pipe(self._process.stdin), flush=True)
        answer = self._pipe(self._process.stdout).readline()
        assert answer, f"{' '.join(self._command)} ended"
        found: list[float] = json.loads(answer)
        return found

    def ask(self, operation: str) -> None:
        """Have something done once."""
        self.seconds(operation, calls=1)

    def calls_per_second(self, operation: str, writers: int) -> float:
        """Return how many calls a second so many processes make together."""
        command = [*self._command, operation, str(writers), str(WRITING_S)]
        done = subprocess.run(
            command, cwd=REPOSITORY, env=_ENVIRONMENT, stdout=subprocess.PIPE, check=True, timeout=_WRITERS_TIMEOUT_S
        )
        found: float = json.loads(done.stdout)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe(self._process.stdin).close()
        try:
            self._process.wait(_END_TIMEOUT_S)
        finally:
            self._process.kill()
            self._process.wait()

    @staticmethod
    def _pipe(pipe: IO[Any] | None) -> IO[Any]:
        assert pipe is not None
        return pipe
