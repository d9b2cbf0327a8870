"""Keras: epochs of a dense network, each reported and some saved."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any

from modelbox import Run
from modelbox.integrations.frameworks import framework
from tests.integrations.overhead import UPLOADS

os.environ.setdefault("KERAS_BACKEND", "jax" if find_spec("jax") else "torch")
keras: Any = framework("keras", install="keras")
numpy: Any = framework("numpy", install="numpy")

EPOCHS_OF_PROBE = 2


def train(run: Run | None, folder: Path, seconds: float, tell: Callable[[float], None]) -> None:
    """Train as many epochs as take so long; without ModelBox as many checkpoints are saved."""
    from modelbox.integrations.keras import ModelBoxCallback  # noqa: PLC0415  # Keras reads the backend first

    keras.utils.set_random_seed(0)
    x = numpy.random.default_rng(0).normal(size=(4096, 64)).astype("float32")
    y = x.sum(axis=1, keepdims=True)
    model = keras.Sequential(
        [
            keras.layers.Input((64,)),
            *(keras.layers.Dense(512, activation="relu") for _ in range(3)),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    model.fit(x, y, epochs=1, verbose=0, batch_size=64)  # compiled here, for each model anew
    if not _SECONDS:
        began = perf_counter()
        model.fit(x, y, epochs=EPOCHS_OF_PROBE, verbose=0, batch_size=64)
        _SECONDS.append((perf_counter() - began) / EPOCHS_OF_PROBE)
    epochs = max(UPLOADS, round(seconds / _SECONDS[0]))
    callbacks = [keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, _logs: tell((epoch + 1) / epochs))]
    folder.mkdir(parents=True, exist_ok=True)
    if run is not None:
        callbacks.append(ModelBoxCallback(run, folder=folder, every_epochs=epochs // UPLOADS))
    else:
        period = epochs // UPLOADS

        def save(epoch: int, _logs: Any) -> None:
            if (epoch + 1) % period == 0:
                model.save(folder / f"epoch-{epoch:04}.keras")

        callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=save))
    model.fit(x, y, epochs=epochs, verbose=0, batch_size=64, callbacks=callbacks)


_SECONDS: list[float] = []
"""How long an epoch takes here by the clock, for other threads compute it; all trainings of a program have as many."""
