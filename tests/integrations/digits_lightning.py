"""A small CNN on scikit-learn's digits with Lightning: what the tests train, also as a program of its own.

python digits_lightning.py ADDRESS RUN_ID FOLDER EPOCHS
"""

import sys
import warnings
from pathlib import Path
from typing import Any, Final

from modelbox.integrations.frameworks import framework
from modelbox.integrations.lightning import ModelBoxLogger

pl: Any = framework("lightning.pytorch", install="lightning")
torch: Any = framework("torch", install="torch")
datasets: Any = framework("sklearn.datasets", install="scikit-learn")

# More threads than free cores wait for each other.
torch.set_num_threads(1)

BATCHES: Final = 10
"""Steps of an epoch."""


class DigitsNet(pl.LightningModule):
    """Two convolutions and a linear layer."""

    def __init__(self, width: int = 4, lr: float = 0.01) -> None:
        super().__init__()
        self.save_hyperparameters()
        nn = torch.nn
        self.layers = nn.Sequential(
            *(nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3), nn.ReLU()),
            *(nn.Flatten(), nn.Linear(width * 36, 10)),
        )
        self.lr = lr

    def training_step(self, batch: Any, _: int) -> Any:
        loss = self._loss(batch)
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch: Any, _: int) -> None:
        self.log("val_loss", self._loss(batch))

    def configure_optimizers(self) -> Any:
        return torch.optim.Adam(self.parameters(), lr=self.lr)

    def _loss(self, batch: Any) -> Any:
        images, labels = batch
        return torch.nn.functional.cross_entropy(self.layers(images), labels)


def loaders() -> tuple[Any, Any]:
    """Return batches to train on and to validate on, always the same."""
    images, labels = datasets.load_digits(return_X_y=True)
    pictures = torch.tensor(images, dtype=torch.float32).reshape(-1, 1, 8, 8) / 16
    data = torch.utils.data
    whole, trained = data.TensorDataset(pictures, torch.tensor(labels)), BATCHES * 32
    parts = (data.Subset(whole, range(trained)), data.Subset(whole, range(trained, trained + 64)))
    train, validation = (data.DataLoader(part, batch_size=32) for part in parts)
    return train, validation


def trainer(logger: ModelBoxLogger, folder: Path, epochs: int, **more: Any) -> Any:
    """Return a trainer that logs every step and saves the two best epochs and the last."""
    pl.seed_everything(1, verbose=False)
    checkpoint = pl.callbacks.ModelCheckpoint(folder, monitor="val_loss", save_top_k=2, save_last=True)
    return pl.Trainer(
        max_epochs=epochs,
        logger=logger,
        callbacks=[checkpoint, *more.pop("callbacks", ())],
        accelerator="cpu",
        log_every_n_steps=1,
        enable_progress_bar=False,
        enable_model_summary=False,
        **more,
    )


def main(address: str, run_id: str, folder: str, epochs: str) -> None:
    """Train from the last checkpoint that ModelBox has of the run, or from the start."""
    warnings.simplefilter("ignore")
    logger = ModelBoxLogger("tests", "digits", server_addr=address, upload_checkpoints=True, run_id=run_id)
    checkpoint = logger.last_checkpoint(Path(folder, "restored"))
    sys.stdout.write(f"from {checkpoint and checkpoint.name}\n")
    sys.stdout.flush()
    trainer(logger, Path(folder, "checkpoints"), int(epochs)).fit(DigitsNet(), *loaders(), ckpt_path=checkpoint)


if __name__ == "__main__":
    main(*sys.argv[1:])
