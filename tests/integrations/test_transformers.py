"""Hugging Face's Trainer reports through its callback, with a tiny model that is made here."""

from pathlib import Path
from typing import Any

import pytest

transformers: Any = pytest.importorskip("transformers", reason="transformers is not installed")
torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("accelerate", reason="accelerate is not installed")

from modelbox import ModelBox, RunStatus
from modelbox.integrations.keeper import UPLOADED_FILES
from modelbox.integrations.transformers import ModelBoxCallback

pytestmark = [pytest.mark.transformers, pytest.mark.filterwarnings("default")]  # Warnings are the framework's own.
torch.set_num_threads(1)


class Interrupting(transformers.TrainerCallback):
    """Ends the training in the middle."""

    def on_step_end(self, _args: Any, state: Any, *_: Any, **__: Any) -> None:
        if state.global_step == 5:
            raise RuntimeError("preempted")


def _trainer(folder: Path, *callbacks: Any) -> Any:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, num_labels=2
    )
    data = [{"input_ids": torch.tensor([n % 20, 1, 2]), "labels": torch.tensor(n % 2)} for n in range(32)]
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        max_steps=8,
        per_device_train_batch_size=4,
        logging_steps=1,
        save_steps=2,
        save_total_limit=1,
        eval_strategy="steps",
        eval_steps=4,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        hub_token="secret-token",
    )
    model = transformers.BertForSequenceClassification(config)
    return transformers.Trainer(
        model=model, args=arguments, train_dataset=data, eval_dataset=data[:8], callbacks=list(callbacks)
    )


def test_a_training_goes_on_from_what_modelbox_has_and_leaves_every_step_once(client: ModelBox, tmp_path: Path) -> None:
    run = client.start_run("bert", namespace="tests")
    callback = ModelBoxCallback(run, upload_checkpoints=True)
    with pytest.raises(RuntimeError, match="preempted"), run:
        _trainer(tmp_path / "first", callback, Interrupting()).train()
    callback.close()
    with client.run(run.id).resume() as resumed:
        callback = ModelBoxCallback(resumed, upload_checkpoints=True)
        checkpoint = callback.last_checkpoint(tmp_path / "restored")
        assert Path(checkpoint or "").name == "checkpoint-4"
        _trainer(tmp_path / "second", callback).train(resume_from_checkpoint=checkpoint)
    client.flush()
    found = client.run(run.id)
    assert found.status is RunStatus.FINISHED
    steps = {key: [point.step for point in points] for key, points in found.metrics().items()}
    assert steps["loss"] == list(range(1, 9))
    assert steps["eval_loss"] == [4, 8]
    assert [one.step for one in found.checkpoints()] == [2, 4, 6, 8]
    assert all(one.metadata()[UPLOADED_FILES] > 1 for one in found.checkpoints())


def test_arguments_and_configuration_are_hyperparameters_without_tokens(client: ModelBox, tmp_path: Path) -> None:
    with client.start_run("bert", namespace="tests") as run:
        _trainer(tmp_path, ModelBoxCallback(run)).train()
    parameters = run.hyperparameters()
    assert (parameters["args.max_steps"], parameters["config.hidden_size"]) == (8, 8)
    assert "secret-token" not in str(parameters)
    tracked = run.checkpoints()[-1].artifacts()
    assert {Path(artifact.path).parent for artifact in tracked} == {tmp_path / "checkpoint-8"}
