"""Commands of `modelbox client …`, run in the test's process."""

import json
from typing import Any

from click.testing import CliRunner, Result

from modelbox.cli.main import main


def run(*arguments: str, code: int = 0) -> Result:
    """Run a command of the client."""
    result = CliRunner().invoke(main, ["client", *arguments])
    assert result.exit_code == code, result.output
    return result


def read(*arguments: str) -> Any:
    """Run a command of the client and read the JSON that it prints."""
    return json.loads(run(*arguments, "--output", "json").stdout)
