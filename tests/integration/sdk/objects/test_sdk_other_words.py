"""Who comes from MLflow or Weights & Biases and uses their word is told the one that is right here."""

import copy
import inspect
import itertools
import pickle
import pydoc
import re
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import pytest

import modelbox
from modelbox import Experiment, InvalidFieldError, Model, ModelBox, NotFoundError, Run, UnavailableError
from modelbox.kinds.run import RunFields
from modelbox.other_words import ATTRIBUTES, CALLS, CHECKPOINT_WORDS, MODEL_WORDS, RUN_WORDS


@pytest.fixture
def run(client: ModelBox) -> Run:
    return client.start_run("words", namespace="demo", source=False, heartbeat=False)


def test_a_wrong_argument_of_a_run_is_answered_with_the_right_one(client: ModelBox, run: Run) -> None:
    calls: tuple[tuple[str, Callable[..., Any]], ...] = (
        ("start_run", lambda **of: client.start_run("never", **of)),
        ("start_run", lambda **of: modelbox.start_run("never", **of)),
        ("new_run", run.experiment().new_run),
        ("new_child", run.new_child),
    )
    for given, (name, call) in itertools.product(("params", "config", "hyperparams"), calls):
        words: dict[str, Any] = {given: {"lr": 0.1}}
        with pytest.raises(TypeError, match=rf"^{name}\(\) has no argument '{given}'; here it is called 'hyperparam"):
            call(**words)
    assert client.experiments("demo", filter='name = "never"') == []


def test_an_argument_that_nobody_knows_is_answered_with_all_that_there_are(client: ModelBox) -> None:
    with pytest.raises(
        TypeError, match=r"^start_run\(\) has no argument 'colour'; it takes experiment, .*labels, .*id$"
    ):
        client.start_run("words", colour="red")  # type: ignore[call-arg]


def test_a_call_names_itself_and_the_right_argument(client: ModelBox, run: Run, model: Model) -> None:
    calls: tuple[tuple[Callable[..., Any], str, str], ...] = (
        (client.start_run, "tags", "labels"),
        (client.start_run, "run_name", "name"),
        (client.start_run, "project", "experiment"),
        (client.runs, "filter_string", "filter"),
        (client.runs_dataframe, "max_results", "limit"),
        (run.log_text, "artifact_file", "path"),
        (run.log_param, "key", "name"),
        (run.log_artifact, "local_path", "path"),
        (run.finish, "exit_code", "status"),
        (model.new_model_version, "run_id", "run"),
        (ModelBox, "tracking_uri", "addr"),
        (client.start_run, "nested", "parent"),
        (run.update, "tags", "labels"),
        (run.log_metric, "epoch", "step"),
        (run.log_artifact, "name", "artifact_path"),
        (run.experiment().best_run, "direction", "mode"),
        (run.experiment().best_run, "minimize", "mode"),
    )
    for call, given, right in calls:
        said = rf"^{call.__name__}\(\) has no argument '{given}'; here it is called '{right}'$"
        value: Any = "a"
        with pytest.raises(TypeError, match=said):
            call(**{given: value})


def test_a_wrong_attribute_is_answered_with_the_right_one_and_is_not_there(run: Run, client: ModelBox) -> None:
    for name in ("log", "set_tag", "log_artifacts", "log_model", "config", "summary"):
        with pytest.raises(AttributeError, match=rf"^'Run' object has no attribute '{name}'; here it is \w+") as found:
            getattr(run, name)
        assert (found.value.name, found.value.obj) == (name, run)
        assert not hasattr(run, name)
        assert name not in dir(run)
    assert {"log_metrics", "finish", "labels"} <= set(dir(run))
    with pytest.raises(AttributeError, match="'ModelBox' object has no attribute 'search_runs'; here it is runs"):
        getattr(client, "search_runs")  # noqa: B009
    with pytest.raises(AttributeError, match=r"'modelbox' has no attribute 'init'; here it is start_run\("):
        getattr(modelbox, "init")  # noqa: B009  # type checkers know that it is not there
    with pytest.raises(AttributeError, match=r"here it is default_client\(\)\.runs\(filter=\.\.\.\)$"):
        getattr(modelbox, "search_runs")  # noqa: B009
    with pytest.raises(AttributeError, match=r"^'Run' object has no attribute 'colour'$"):
        getattr(run, "colour")  # noqa: B009


def test_words_of_one_kind_are_answered_with_what_that_kind_has(run: Run, model: Model) -> None:
    checkpoint = run.new_checkpoint(epoch=1)
    words: tuple[tuple[object, str, str], ...] = (
        (run, "info", "id"),
        (run, "run_id", "id"),
        (run, "end", "finish()"),
        (run.experiment(), "experiment_id", "id"),
        (model, "versions", "model_versions()"),
        (checkpoint, "metric_summaries", "metric_values"),
    )
    for of, name, right in words:
        with pytest.raises(AttributeError, match=rf"has no attribute '{name}'; here it is {re.escape(right)}"):
            getattr(of, name)
    assert checkpoint.run_id == run.id


@pytest.mark.parametrize("kind", [ModelBox, Run, Experiment, Model, modelbox.Checkpoint, modelbox.ModelVersion])
def test_help_lists_no_word_that_is_not_there(kind: type) -> None:
    words = {*CALLS, *ATTRIBUTES, *RUN_WORDS, *MODEL_WORDS, *CHECKPOINT_WORDS}
    there = {name for name in words if any(name in getattr(base, "__annotations__", {}) for base in kind.__mro__)}
    assert {name for name in dir(kind) if name in words and not hasattr(kind, name)} <= there
    text = pydoc.plain(pydoc.render_doc(kind))
    assert "<not here" not in text
    assert "log_metrics" in text or kind is ModelBox


def test_a_slip_of_the_pen_in_an_argument_is_answered_with_the_nearest(client: ModelBox) -> None:
    with pytest.raises(TypeError, match=r"; did you mean 'hyperparameters'\?$"):
        client.start_run("words", hyperparameter={"lr": 1})  # type: ignore[call-arg]


def test_a_name_where_an_object_is_needed_is_answered_with_the_call_that_finds_it(run: Run, model: Model) -> None:
    checkpoint = run.new_checkpoint(epoch=1)
    with pytest.raises(InvalidFieldError, match=r"^model: 'mm' is not an id; .*such as box.model\('mm'\)"):
        checkpoint.promote("mm")
    with pytest.raises(InvalidFieldError, match=r"^run: 'm2' is not an id; .*such as box.run\('m2'\)"):
        model.new_model_version(run="m2")
    with pytest.raises(InvalidFieldError, match=r"^other: 'data' is not an id; give the object, or its id"):
        run.link("data")


def test_a_list_shows_the_metrics_and_params_that_its_filter_and_order_name(client: ModelBox, run: Run) -> None:
    run.log_metrics({"mean_acc": 0.5, "val/loss": 0.25}, step=1)
    run.log_metrics({"mean_acc": 0.375}, step=2)
    run.log_params({"alpha": 3})
    client.flush()
    found = client.runs(
        filter="metrics.mean_acc > 0 and params.alpha = 3 and name != 'metrics.not'",
        order_by=["metrics.`val/loss`", "metrics.mean_acc.max desc"],
    )
    head, row, *_ = str(found).splitlines()
    named = ("metrics.mean_acc", "params.alpha", "metrics.`val/loss`", "metrics.mean_acc.max")
    assert head.split()[-4:] == list(named)
    assert row.split()[-4:] == ["0.375", "3", "0.25", "0.5"]
    assert "metrics" not in str(client.runs())


def test_a_run_that_is_not_found_is_answered_with_those_that_there_are(client: ModelBox, run: Run) -> None:
    with pytest.raises(NotFoundError, match=rf"; the newest: {run.name!r}$"):
        client.run("zz", namespace="demo")


def test_a_server_that_refuses_connections_is_told_once() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        box = ModelBox(f"127.0.0.1:{held.getsockname()[1]}", refused_timeout_s=0.5)
        with box, pytest.raises(UnavailableError) as raised:
            box.runs()
    text = "".join(traceback.format_exception(raised.value))
    assert text.count("UnavailableError: ") == 1


def test_an_object_is_answered_only_with_what_it_has(model: Model) -> None:
    with pytest.raises(AttributeError, match=r"^'Model' object has no attribute 'summary'$"):
        getattr(model, "summary")  # noqa: B009
    with pytest.raises(AttributeError, match=r"^'Model' object has no attribute 'end_run'$"):
        getattr(model, "end_run")  # noqa: B009


def test_objects_can_be_copied_and_pickled_as_before(run: Run) -> None:
    assert copy.copy(run) == copy.deepcopy(run) == pickle.loads(pickle.dumps(run)) == run  # noqa: S301


def test_every_word_of_the_tables_is_one_that_is_here() -> None:
    names = {name for kind in (Experiment, Run, Model, modelbox.ModelVersion) for name in dir(kind)}
    for here in ATTRIBUTES.values():
        assert here.partition("(")[0].partition(";")[0] in names
    for here in CALLS.values():
        assert here.partition("(")[0] in {*dir(ModelBox), *modelbox.__all__}


def test_the_filter_of_a_list_in_an_object_may_be_its_first_argument(run: Run) -> None:
    run.log_params({"C": 1})
    experiment = run.experiment()
    assert [found.id for found in experiment.runs("params.C = 1")] == [run.id]
    assert experiment.runs("params.C = 2") == []
    assert run.children("params.C = 1") == []
    assert experiment.checkpoints("epoch = 1") == []


def test_a_number_that_is_none_names_itself(client: ModelBox, run: Run) -> None:
    wrong: tuple[Any, ...] = ("3", -1, 2.5)
    for number in wrong:
        with pytest.raises(InvalidFieldError, match=r"^limit: "):
            client.runs(limit=number)
        with pytest.raises(InvalidFieldError, match=r"^limit: "):
            client.namespaces(limit=number)
        with pytest.raises(InvalidFieldError, match=r"^depth: "):
            run.lineage(depth=number)
        with pytest.raises(InvalidFieldError, match=r"^max_points: "):
            run.metrics(max_points=number)


def test_the_help_of_each_way_to_start_a_run_names_its_arguments() -> None:
    for call in (modelbox.start_run, ModelBox.start_run, Experiment.new_run, Run.new_child):
        words = set(re.findall(r"\w+", inspect.getdoc(call) or ""))
        assert RunFields.__annotations__.keys() - ({"parent"} if call is Run.new_child else set()) <= words


def test_the_integrations_are_there_without_an_import_of_their_own() -> None:
    program = "import modelbox, sys; assert 'modelbox.integrations' not in sys.modules; print(modelbox.integrations)"
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
