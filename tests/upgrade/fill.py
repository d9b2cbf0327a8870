"""Fills a log by the code of the Python that runs this: `fill DSN ADDRESS EVENTS FOLDER`.

Some of everything through the server, as users do; then a mixed log through the log itself, as fast as it takes it.

It uses no more of ModelBox than its first landed versions had.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from modelbox import ModelBox
from modelbox_events import Log
from tests.benchmarks.mixed_log import fill
from tests.upgrade.answers import BY_HAND

RUNS: Final = 20
STEPS: Final = 500
FILE_BYTES: Final = 100_000


def main(dsn: str, address: str, events: int, folder: Path) -> None:
    """Fill it."""
    # First, for a client reads what it has written, and the views come long after a log that is filled so fast.
    with ModelBox(address) as box:
        _by_hand(box, folder)
        box.flush()
    asyncio.run(_fill(dsn, events))


async def _fill(dsn: str, events: int) -> None:
    log = await Log.open(dsn)
    await fill(log, events)
    await log.close()


def _by_hand(box: ModelBox, folder: Path) -> None:
    experiment = box.new_experiment("digits", "ana", BY_HAND, labels={"team": "vision"}, metadata={"goal": 0.9})
    model = box.new_model("digits", "ana", BY_HAND)
    dataset = box.new_dataset("digits", namespace=BY_HAND, location="s3://digits", digest="sha256:00", row_count=9)
    model.update_metadata("licence", "none")
    for number in range(RUNS):
        hyperparameters = {"lr": number / 100, "optimizer": {"name": "adam"}}
        run = experiment.new_run(f"run-{number}", hyperparameters=hyperparameters, source=False, heartbeat=False)
        for step in range(STEPS):
            run.log_metrics({"loss": number / (step + 1), "acc": 1 - 1 / (step + 2)}, step=step)
        run.update_metadata({"note": f"the {number}th", "sizes": [number, None]})
        run.log_event("validated", source="trainer", wallclock=1.7e9 + number, metadata={"loss": 0.5})
        run.log_dataset(dataset)
        file = folder / f"weights-{number}.bin"
        file.write_bytes(bytes([number]) * FILE_BYTES)
        run.upload_artifact(file)
        run.track_artifacts(f"s3://elsewhere/{number}")
        checkpoint = run.new_checkpoint(epoch=number, metrics={"acc": 0.5}, metadata={"seen": number})
        checkpoint.upload_artifact(file)
        version = checkpoint.promote(model, unique_tags=["latest"], move_tags=True, labels={"env": "dev"})
        version.link(dataset, "evaluation")
        run.finish("failed" if number % 7 == 0 else "finished", "out of memory" if number % 7 == 0 else "")
        if number % 5 == 0:
            run.delete()
        if number % 10 == 0:
            run.restore()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
