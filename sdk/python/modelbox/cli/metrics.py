"""`modelbox client metrics`."""

from datetime import UTC, datetime
from pathlib import Path

import click

from modelbox.cli.common import connected, connection_options, output_option
from modelbox.cli.output import json_text, print_rows


@click.command(epilog="Example: modelbox client metrics --id ID --key loss --output json")
@click.option("--id", "--parent-id", "object_id", required=True, help="The model or model version.")
@click.option("--key", "keys", multiple=True, help="Only this metric. Repeatable. Default: all.")
@click.option("--last", is_flag=True, help="Only the last point of each metric.")
@output_option
@connection_options
def metrics(
    *, object_id: str, keys: tuple[str, ...], last: bool, output: str, server_addr: str, config_path: Path | None
) -> None:
    """Print the metrics of an object: each metric's points by step, then wallclock."""
    with connected(server_addr, config_path) as client:
        series = client.object(object_id).metrics(*keys)
    rows = [
        {"key": key, "step": point.step, "wallclock": point.wallclock, "value": point.value}
        for key, points in sorted(series.items())
        for point in (points[-1:] if last else points)
    ]
    if output == "json":
        click.echo(json_text(rows, indent=2))
        return
    timed = ({**row, "wallclock": datetime.fromtimestamp(float(row["wallclock"]), UTC)} for row in rows)
    print_rows(timed, columns=("key", "step", "wallclock", "value"), output=output)
