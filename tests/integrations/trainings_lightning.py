"""Lightning: a network on random data, its loss logged at each step and checkpoints saved."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import thread_time
from typing import Any

from modelbox.integrations.frameworks import framework
from modelbox.integrations.lightning import ModelBoxLogger
from tests.integrations.overhead import UPLOADS

pl: Any = framework("lightning.pytorch", install="lightning")
torch: Any = framework("torch", install="torch")
torch.set_num_threads(1)
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

STEPS_OF_PROBE = 20


class _Net(pl.LightningModule):
    def __init__(self) -> None:
        super().__init__()
        nn = torch.nn
        self.layers = nn.Sequential(
            nn.Linear(512, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 1)
        )

    def training_step(self, batch: Any, _: int) -> Any:
        loss = self.layers(batch[0]).square().mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters())


class _Telling(pl.Callback):
    def __init__(self, steps: int, tell: Callable[[float], None]) -> None:
        self._steps = steps
        self._tell = tell

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        self._tell(trainer.global_step / self._steps)


@contextmanager
def begun(address: str) -> Iterator[ModelBoxLogger]:
    """Give a logger whose run has begun; close its client."""
    logger = ModelBoxLogger("tests", "overhead", server_addr=address, upload_checkpoints=True)
    with logger.box:
        assert logger.run.id
        yield logger


def train(logger: ModelBoxLogger | None, folder: Path, seconds: float, tell: Callable[[float], None]) -> None:
    """Train as many steps as take so long; without ModelBox as many checkpoints are saved."""
    if not _SECONDS:
        began = thread_time()
        _fit(STEPS_OF_PROBE, None, folder / "probe", lambda _: None)
        _SECONDS.append((thread_time() - began) / STEPS_OF_PROBE)
    _fit(max(UPLOADS, round(seconds / _SECONDS[0])), logger, folder, tell)


def _fit(steps: int, logger: Any, folder: Path, tell: Callable[[float], None]) -> None:
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.randn(256 * 32, 512))
    saving = pl.callbacks.ModelCheckpoint(folder, every_n_train_steps=max(1, steps // UPLOADS), save_top_k=-1)
    trainer = pl.Trainer(
        max_steps=steps,
        logger=logger or False,
        callbacks=[saving, _Telling(steps, tell)],
        log_every_n_steps=1,
        accelerator="cpu",
        enable_progress_bar=False,
        enable_model_summary=False,
        barebones=False,
    )
    trainer.fit(_Net(), torch.utils.data.DataLoader(data, batch_size=256))


_SECONDS: list[float] = []
"""How long a step takes here, so that all trainings of a program have as many."""
