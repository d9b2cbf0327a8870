"""Objects show themselves in a notebook, with what hangs on them."""

from modelbox import Event, EventSource, ModelBox
from modelbox.notebook_widgets import ExperimentDisplay
from tests.integration.sdk_server import SdkServer

EVIL = "<img src=x onerror=alert(1)>"


def test_a_run_shows_hyperparameters_plots_files_and_source(client: ModelBox) -> None:
    with client.start_run("shown", namespace="demo", hyperparameters={"lr": 0.125, EVIL: EVIL}) as run:
        for step in range(3):
            run.log_metrics({"loss": 1 / (step + 1), "text": "no number"}, step=step)
        run.new_checkpoint(2, {"loss": 0.5})
        run.upload_artifact("README.md")
        run.log_event(Event("restarted", EventSource("trainer"), metadata={"why": EVIL}))
    client.flush()
    html = client.run(run.id)._repr_html_()
    for shown in ("finished", "0.125", "<svg", "loss: 0.333333 at step 2", "README.md", "restarted", "dependencies"):
        assert shown in html
    assert "<img" not in html


def test_an_experiment_shows_its_runs_and_a_comparison_what_differs(client: ModelBox) -> None:
    experiment = client.new_experiment("shown", owner=EVIL, namespace="demo", labels={"env": "test"})
    runs = []
    for rate in (0.1, 0.2):
        with experiment.new_run(f"rate-{rate}", hyperparameters={"lr": rate, "depth": 3}) as run:
            run.log_metrics({"accuracy": rate * 4})
        runs.append(run)
    client.flush()
    html = experiment.refreshed()._repr_html_()
    for shown in ("rate-0.1", "rate-0.2", "accuracy=0.8", "env=test", "&lt;img"):
        assert shown in html
    compared = client.compare(runs)._repr_html_()
    assert "params.lr" in compared
    assert "params.depth" not in compared


def test_models_versions_and_datasets_show_themselves(client: ModelBox) -> None:
    model = client.new_model("net", namespace="demo")
    version = model.new_model_version(framework="pytorch", unique_tags=["production"], metadata={"layers": [1, 2]})
    version.log_metrics({"accuracy": 0.9})
    assert "production" in model._repr_html_()
    html = version._repr_html_()
    assert "<svg" in html
    assert "layers" in html
    with client.start_run("shown", namespace="demo") as run:
        dataset = run.log_dataset("README.md")
    assert "sha256:" in dataset._repr_html_()


def test_the_published_display_shows_an_experiment_piece_by_piece(client: ModelBox) -> None:
    experiment = client.new_experiment("direct", owner="me@example.org", namespace="demo")
    experiment.log_metrics({"loss": 0.5}, step=1)
    experiment.log_event("started", source="workflow", wallclock=1_700_000_000)
    display = ExperimentDisplay(experiment)
    assert "me@example.org" in display.info().text
    assert "<svg" in display.metrics().text
    assert "2023-11-14 22:13:20" in display.events().text


def test_an_object_shows_itself_without_the_server(sdk_server: SdkServer) -> None:
    with ModelBox(sdk_server.address, timeout_s=0.5) as impatient:
        model = impatient.new_model("net", owner="me@example.org", namespace="demo")
        sdk_server.stop()
        html = model._repr_html_()
    assert "me@example.org" in html
    assert "not shown" in html
