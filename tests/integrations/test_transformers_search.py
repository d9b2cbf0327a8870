"""A hyperparameter search of Hugging Face's Trainer: each trial is a run of its own."""

from pathlib import Path
from typing import Any

import pytest

transformers: Any = pytest.importorskip("transformers", reason="transformers is not installed")
torch: Any = pytest.importorskip("torch", reason="PyTorch is not installed")
pytest.importorskip("optuna", reason="Optuna is not installed")

from modelbox import ModelBox, RunStatus
from modelbox.integrations.keeper import UPLOADED_FILES
from modelbox.integrations.transformers import ModelBoxCallback

pytestmark = [pytest.mark.transformers, pytest.mark.filterwarnings("default")]  # Warnings are the framework's own.
torch.set_num_threads(1)
TRIALS = 3


def _model(_trial: Any = None) -> Any:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8, num_labels=2
    )
    return transformers.BertForSequenceClassification(config)


def _search(folder: Path, callback: Any, hp_name: Any = None) -> Any:
    data = [{"input_ids": torch.tensor([n % 20, 1, 2]), "labels": torch.tensor(n % 2)} for n in range(32)]
    arguments = transformers.TrainingArguments(
        output_dir=str(folder),
        max_steps=4,
        per_device_train_batch_size=4,
        logging_steps=1,
        save_steps=2,
        save_total_limit=1,
        eval_strategy="steps",
        eval_steps=2,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = transformers.Trainer(
        model_init=_model, args=arguments, train_dataset=data, eval_dataset=data[:8], callbacks=[callback]
    )
    return trainer.hyperparameter_search(
        hp_space=lambda trial: {"learning_rate": trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)},
        hp_name=hp_name,
        backend="optuna",
        n_trials=TRIALS,
        direction="minimize",
    )


@pytest.mark.parametrize("hp_name", [None, lambda trial: f"lr-{trial.number}"])
def test_each_trial_is_a_run_with_its_parameters_metrics_and_checkpoints(
    client: ModelBox, tmp_path: Path, hp_name: Any
) -> None:
    with client.start_run("search", namespace="tests") as run:
        best = _search(tmp_path, ModelBoxCallback(run, upload_checkpoints=True), hp_name)
    client.flush()

    trials = sorted(run.children(), key=lambda trial: trial.name)
    prefix = "trial" if hp_name is None else "lr"
    assert [trial.name for trial in trials] == [f"{prefix}-{number}" for number in range(TRIALS)]
    assert {trial.status for trial in trials} == {RunStatus.FINISHED}
    rates = [trial.hyperparameters()["learning_rate"] for trial in trials]
    assert len(set(rates)) == TRIALS
    assert rates[int(best.run_id)] == pytest.approx(best.hyperparameters["learning_rate"])
    for trial in trials:
        assert [point.step for point in trial.metrics()["loss"]] == [1, 2, 3, 4]
        assert [one.step for one in trial.checkpoints()] == [2, 4]
        assert all(one.metadata()[UPLOADED_FILES] > 1 for one in trial.checkpoints())
    assert run.checkpoints() == []
    assert client.run(run.id).status is RunStatus.FINISHED
