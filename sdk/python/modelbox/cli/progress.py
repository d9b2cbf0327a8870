"""The progress bar of transfers: on standard error, and only where a person watches."""

import contextlib
import sys
from collections.abc import Iterator

from modelbox.values import OnProgress


@contextlib.contextmanager
def transfer_progress() -> Iterator[OnProgress | None]:
    """Give what a transfer calls as it goes, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def show(path: str, done: int, total: int) -> None:
            if path not in tasks:
                tasks[path] = bars.add_task(escape(path), total=total)
            bars.update(tasks[path], completed=done, total=total)

        yield show
