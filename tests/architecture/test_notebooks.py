"""Notebooks are kept as they are written, not as they ran: no outputs, no counts, no name of somebody's kernel."""

import json
from typing import Any

from tests.architecture.tree import REPOSITORY, files


def _notebooks() -> dict[str, Any]:
    paths = [path for path in files() if path.suffix == ".ipynb"]
    return {str(path): json.loads((REPOSITORY / path).read_text(encoding="utf-8")) for path in paths}


def test_notebooks_have_no_outputs_stored() -> None:
    notebooks = _notebooks()
    assert notebooks
    assert [
        f"{path}: {cell['id']}"
        for path, notebook in notebooks.items()
        for cell in notebook["cells"]
        if cell.get("outputs") or cell.get("execution_count") is not None or cell["metadata"]
    ] == []


def test_notebooks_run_in_any_python_3() -> None:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    assert [path for path, notebook in _notebooks().items() if notebook["metadata"] != metadata] == []
