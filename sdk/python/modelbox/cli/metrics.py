"""`modelbox client metrics`."""

import click

from modelbox.cli.common import id_option, output_option, with_client
from modelbox.cli.output import json_text, print_rows
from modelbox.client import ModelBox
from modelbox.wire import moment_of


@click.command(epilog="Example: modelbox client metrics --id ID --key loss --first-step 1000 --output json")
@id_option
@click.option("--key", "keys", multiple=True, help="Only this metric. Repeatable. Default: all.")
@click.option("--last", is_flag=True, help="Only the last point of each metric.")
@click.option(
    "--max-points",
    type=click.IntRange(min=1),
    help="About so many points a metric, every spike among them. Default: all.",
)
@click.option("--first-step", type=click.IntRange(min=0), help="Only points of this step and later ones.")
@click.option("--last-step", type=click.IntRange(min=0), help="Only points of this step and earlier ones.")
@output_option
@with_client
def metrics(
    client: ModelBox, *, object_id: str, keys: tuple[str, ...], last: bool, output: str, **which: int | None
) -> None:
    """Print the metrics of an object: each metric's points by step, then wallclock."""
    series = client.object(object_id).metrics(*keys, **which)
    rows = [
        {"key": key, "step": point.step, "wallclock": point.wallclock, "value": point.value}
        for key, points in sorted(series.items())
        for point in (points[-1:] if last else points)
    ]
    if output == "json":
        click.echo(json_text(rows, indent=2))
        return
    timed = ({**row, "wallclock": moment_of(float(row["wallclock"]))} for row in rows)
    print_rows(timed, columns=("key", "step", "wallclock", "value"), output=output)
