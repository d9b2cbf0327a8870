"""What `modelbox client …` says where something is not as it was thought, and what to do instead."""

import threading
from http.server import SimpleHTTPRequestHandler
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest
from click.testing import CliRunner

from modelbox import InvalidFieldError, ModelBox
from modelbox.cli.commands.client.metrics import TABLE_POINTS_MAX
from modelbox.cli.main import main
from modelbox.errors import ModelBoxError
from tests.integration.cli_calls import read, run

pytestmark = pytest.mark.usefixtures("cli_server")

EXPERIMENT = ("--experiment", "digits", "--namespace", "vision")


def test_a_run_of_an_experiment_that_is_not_there_creates_it() -> None:
    first = run("runs", "start", *EXPERIMENT, "--name", "first")
    assert first.stderr == "created experiment 'digits' in namespace 'vision'\n"
    assert run("runs", "start", *EXPERIMENT, "--name", "second").stderr == ""
    assert [one["name"] for one in read("runs", "list", *EXPERIMENT)] == ["second", "first"]
    run("runs", "start", "--experiment", "00000000-0000-4000-8000-000000000000", code=1)


def test_what_cannot_be_ended_is_answered_with_the_command_that_resumes_it() -> None:
    for status, more in (("failed", ""), ("finished", " --reopen")):
        started = read("runs", "start", *EXPERIMENT)["id"]
        run("runs", "end", started, "--status", status)
        told = run("runs", "end", started, "--status", "killed", code=1).stderr
        assert told.endswith(f"; here: modelbox client runs resume {started}{more}\n")
        run("runs", "resume", started, *more.split())


def test_a_status_that_ends_no_run_is_answered_with_those_that_do(client: ModelBox) -> None:
    started = client.start_run("digits", source=False, heartbeat=False)
    for wrong in ("success", "done"):
        with pytest.raises(InvalidFieldError, match=r"is not one of finished, failed, killed$"):
            started.finish(wrong)
    started.finish()


def test_a_time_that_is_none_is_answered_with_what_is_one(client: ModelBox) -> None:
    started = client.start_run("digits", source=False, heartbeat=False)
    for call in (lambda: started.history(since="today"), lambda: started.finish(ended_at="now")):  # type: ignore[arg-type]
        with pytest.raises(InvalidFieldError, match="needs seconds since the epoch or an aware datetime, not str"):
            call()


def test_an_experiment_without_metrics_points_to_its_runs(client: ModelBox) -> None:
    with client.start_run("digits", namespace="vision", source=False) as started:
        started.log_metrics({"loss": 0.5}, step=1)
    client.flush()
    for more in ((), ("--all",)):
        told = run("metrics", "digits", "--namespace", "vision", *more)
        assert told.stdout == "no metrics\n"
        assert told.stderr == f"its runs have metrics: metrics --run {started.id}, for one\n"
    assert run("metrics", "--run", started.id).stderr == ""


def test_a_series_that_is_shown_whole_says_nothing_of_thinning(client: ModelBox) -> None:
    experiment = client.new_experiment("digits", namespace="vision")
    for step in range(TABLE_POINTS_MAX):
        experiment.log_metrics({"loss": float(step)}, step=step)
    client.flush()
    whole = run("metrics", "--id", experiment.id)
    assert (len(whole.stdout.splitlines()), whole.stderr) == (TABLE_POINTS_MAX + 2, "")
    experiment.log_metrics({"loss": 1.0}, step=TABLE_POINTS_MAX)
    client.flush()
    assert "every point: --all" in run("metrics", "--id", experiment.id).stderr


class Refusing(StreamRequestHandler):
    """Answers in HTTP/1.1 whatever is asked, as servers of other kinds do."""

    def handle(self) -> None:
        self.request.recv(1000)
        self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize("handler", [Refusing, SimpleHTTPRequestHandler])
def test_an_http_server_in_place_of_grpc_is_told(handler: type[StreamRequestHandler]) -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            address = f"localhost:{server.server_address[1]}"
            with (
                ModelBox(address, timeout_s=2.0, background=False) as box,
                pytest.raises(ModelBoxError, match=f"an HTTP server answers at {address}; give the port of gRPC"),
            ):
                box.models()
        finally:
            server.shutdown()
            serving.join()


def test_a_report_of_a_run_has_its_children_duration_and_packages(client: ModelBox) -> None:
    search = client.start_run("digits", namespace="vision", name="search")
    with search.new_child("fold 0", source=False) as fold:
        fold.log_metrics({"accuracy": 0.75}, step=1)
    search.finish()
    client.flush()
    html = CliRunner().invoke(main, ["report", search.id]).stdout
    for part in ("children", "fold 0", "accuracy=0.75", "duration"):
        assert part in html
    source = search.source
    assert source is not None
    packages = sorted(source.dependencies)
    places = [html.index(f">{name}</td>") for name in packages]
    assert places == sorted(places)
    assert "False" not in html


def test_a_report_of_a_model_version_has_its_run_and_lineage(client: ModelBox) -> None:
    with client.start_run("digits", name="amber", hyperparameters={"depth": 7}, source=False) as made_by:
        made_by.log_metrics({"accuracy": 0.875}, step=1)
    dataset = client.new_dataset("corpus")
    version = client.new_model("net").new_model_version(run=made_by)
    version.link(dataset, "evaluation")
    client.flush()
    html = CliRunner().invoke(main, ["report", "--model", "net", "--version", "1"]).stdout
    for part in ("run amber", "depth", "accuracy=0.875", "lineage", "dataset corpus", "evaluation"):
        assert part in html
    made_from = version.run()
    assert made_from is not None
    assert made_from.id == made_by.id
