"""Notebooks of the tutorials, run in a kernel of their own against a server of the test."""

from pathlib import Path
from typing import Any, Final

import pytest

from modelbox.integrations.frameworks import framework
from tests.integration.sdk_server import SdkServer

nbclient: Any = framework("nbclient", install="nbclient")
nbformat: Any = framework("nbformat", install="nbclient")

TUTORIALS: Final = Path(__file__).parents[4] / "sdk/python/examples/tutorials"
CELL_TIMEOUT_S: Final = 90


class Tutorials:
    """Runs tutorials on one server, with a working folder and a temporary folder of the test's own."""

    def __init__(self, server: SdkServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.folder = folder
        for name in ("work", "temporary", "jupyter", "ipython"):
            (folder / name).mkdir()
        monkeypatch.setenv("MODELBOX_API_ADDR", server.address)
        monkeypatch.setenv("TMPDIR", str(folder / "temporary"))
        # Nothing of the kernel is left in the home folder, and nothing there changes what the kernel does.
        monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(folder / "jupyter"))
        monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder / "jupyter"))
        monkeypatch.setenv("IPYTHONDIR", str(folder / "ipython"))
        # More threads than free cores wait for each other.
        monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def run(self, name: str) -> tuple[str, str]:
        """Run all cells of a tutorial; an error in one is the test's. Return what they print and what they warn of."""
        notebook = nbformat.read(TUTORIALS / f"{name}.ipynb", as_version=4)
        nbformat.validate(notebook)
        resources = {"metadata": {"path": str(self.folder / "work")}}
        client = nbclient.NotebookClient(notebook, timeout=CELL_TIMEOUT_S, kernel_name="python3", resources=resources)
        client.execute()
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
        assert any("<svg" in output.data.get("text/html", "") for output in outputs if "data" in output), "no plot"
        printed, warned = (
            "".join(output.text for output in outputs if output.get("name") == stream)
            for stream in ("stdout", "stderr")
        )
        return printed, warned
