"""Hugging Face: a small BERT on made-up data, its loss logged at each step and checkpoints saved."""

from collections.abc import Callable
from pathlib import Path
from time import thread_time
from typing import Any

from modelbox import Run
from modelbox.integrations.frameworks import framework
from modelbox.integrations.transformers import ModelBoxCallback
from tests.integrations.overhead import UPLOADS

transformers: Any = framework("transformers", install="transformers")
torch: Any = framework("torch", install="torch")
torch.set_num_threads(1)

STEPS_OF_PROBE = 50


class _Telling(transformers.TrainerCallback):
    def __init__(self, tell: Callable[[float], None]) -> None:
        self._tell = tell

    def on_step_end(self, args: Any, state: Any, *_: Any, **__: Any) -> None:
        self._tell(state.global_step / args.max_steps)


def train(run: Run | None, folder: Path, seconds: float, tell: Callable[[float], None]) -> None:
    """Train as many steps as take so long; without ModelBox as many checkpoints are saved."""
    if not _SECONDS:
        began = thread_time()
        _fit(STEPS_OF_PROBE, [], folder / "probe")
        _SECONDS.append((thread_time() - began) / STEPS_OF_PROBE)
    callbacks = [_Telling(tell)]
    if run is not None:
        callbacks.append(ModelBoxCallback(run, upload_checkpoints=True))
    _fit(max(UPLOADS, round(seconds / _SECONDS[0])), callbacks, folder)


def _fit(steps: int, callbacks: list[Any], folder: Path) -> None:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=1000,
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=512,
        num_labels=2,
    )
    data = [{"input_ids": torch.arange(64) + n, "labels": torch.tensor(n % 2)} for n in range(512)]
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=16,
        logging_steps=1,
        save_steps=max(1, steps // UPLOADS),
        save_total_limit=2,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        log_level="error",
    )
    model = transformers.BertForSequenceClassification(config)
    trainer = transformers.Trainer(model=model, args=arguments, train_dataset=data, callbacks=callbacks)
    trainer.remove_callback(transformers.trainer_callback.PrinterCallback)
    trainer.train()


_SECONDS: list[float] = []
"""How long a step takes here, so that all trainings of a program have as many."""
