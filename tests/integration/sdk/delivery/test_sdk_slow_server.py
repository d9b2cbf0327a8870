"""What ends a training does not wait for a server that takes a second for each answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from modelbox import ModelBox
from modelbox.integrations.boosters import uploaded_model
from tests.integration.sdk.delivery.middle import Middle
from tests.integration.sdk_server import SdkServer, wait_until


@pytest.fixture
def slow(sdk_server: SdkServer) -> Iterator[Middle]:
    """What a client sees of a server that is slow."""
    middle = Middle("slow", sdk_server.address)
    middle.live()
    yield middle
    middle.die()


def test_a_trained_model_is_not_waited_for_where_the_server_is_slow_and_arrives_later(
    slow: Middle, client: ModelBox
) -> None:
    with ModelBox(slow.address) as box:
        run = box.start_run("boosting", namespace="tests", source=False)
        run.log_metrics({"loss": 1.0}, step=0)
        assert uploaded_model(run, _write, "model.bin") is None
        box.flush(60)
        wait_until(lambda: [one.path for one in client.run(run.id).artifacts()] == ["model.bin"], timeout_s=60)


def _write(file: Path) -> None:
    file.write_bytes(b"trees")
