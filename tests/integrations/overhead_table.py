"""What `make test-overhead` measured, as a table: `python -m tests.integrations.overhead_table FILE`."""

import json
import sys
from pathlib import Path
from statistics import median
from typing import Final

from tests.integrations.overhead import Cost, Measured

_HEAD: Final = (
    *("framework", "server", "pairs", "steps", "slower", "(from", "to)", "by thread", "by process"),
    *("+ once", "begin", "close"),
)
_LEGEND: Final = """
steps: seconds of a training's steps by the clock, without ModelBox; slower: the median of pairs, and its spread.
by thread: the same of the training's thread on a processor; by process: all of the training, on processors.
+ once: seconds more by the clock beside the steps, however long the training is; begin, close: before and after it.
"""


def main(file: Path) -> None:
    """Print the table of a file with a line of JSON for each case."""
    rows = [_HEAD, *(_row(json.loads(line)) for line in file.read_text().splitlines())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        names = [text.ljust(width) for text, width in zip(row[:2], widths[:2], strict=True)]
        numbers = [text.rjust(width) for text, width in zip(row[2:], widths[2:], strict=True)]
        print("  ".join(names + numbers))
    print(_LEGEND)


def recorded(framework: str, server: str, measured: Measured) -> str:
    """Return the line of a case."""
    return json.dumps({"framework": framework, "server": server, "measured": measured}) + "\n"


def _row(case: dict[str, object]) -> tuple[str, ...]:
    found = case["measured"]
    assert isinstance(found, list)
    measured = Measured(*([Cost(*cost) for cost in costs] for costs in found))
    slower = measured.slower("steps_s")
    return (
        *(str(case["framework"]), str(case["server"]), str(len(slower)), f"{measured.bare_s('steps_s'):.2f}"),
        *(f"{part:+.1%}" for part in (median(slower), slower[0], slower[-1])),
        *(f"{median(measured.slower(what)):+.1%}" for what in ("steps_thread_s", "process_s")),
        f"{measured.longer_s('once_s'):+.2f}",
        *(f"{median(getattr(cost, what) for cost in measured.reporting):.2f}" for what in ("begin_s", "close_s")),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
