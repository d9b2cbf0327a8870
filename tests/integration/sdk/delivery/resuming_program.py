"""A training that goes on from its last checkpoint: `address run_id way dies_after_s [flush]`.

It kills itself so long after it has begun to train; 0 lets it end. It prints the epoch that it begins with, and the
weights; each epoch whose checkpoint was kept, by a call that returned, is noted in a file.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from time import sleep
from typing import Final

import modelbox

ADDRESS, RUN_ID, WAY, DIES_AFTER_S, *FLUSH = sys.argv[1:]
EPOCHS: Final = 30
STEPS: Final = 5
"""Steps an epoch."""


def main() -> None:
    """Train."""
    with modelbox.ModelBox(ADDRESS) as box:
        run = box.start_run("resumed", namespace="vision", id=RUN_ID, source=False)
        if FLUSH:
            box.flush()
        weights, first = {"w": 0}, 0
        for checkpoint in run.checkpoints(order_by="created_at desc"):
            if places := checkpoint.download_artifacts("restored", overwrite=True):
                assert checkpoint.epoch is not None
                weights, first = json.loads(places[0].read_text()), checkpoint.epoch + 1
                break
            # Killed between the calls that make a checkpoint and log its file; one call is whole.
            assert WAY == "log_artifact"
        if run.exists:
            run.resume(skip_logged=True)
        print(first, weights["w"], flush=True)
        death = threading.Timer(float(DIES_AFTER_S), os.kill, (os.getpid(), signal.SIGKILL))
        if float(DIES_AFTER_S):
            death.start()
        for epoch in range(first, EPOCHS):
            for step in range(epoch * STEPS, (epoch + 1) * STEPS):
                weights["w"] += 1
                run.log_metrics({"loss": 1 / weights["w"]}, step=step)
                sleep(0.002)
            path = Path("weights.json")
            path.unlink(missing_ok=True)
            path.write_text(json.dumps(weights))
            if WAY == "log_artifact":
                run.new_checkpoint(epoch=epoch).log_artifact(path)
            else:
                run.keep_checkpoint(epoch=epoch, files=path)
            with Path("kept").open("a") as kept:
                kept.write(f"{epoch}\n")
        death.cancel()
        run.finish()


if __name__ == "__main__":
    main()
