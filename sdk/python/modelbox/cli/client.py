"""`modelbox client`: the commands that speak to a server."""

from pathlib import Path

import click

from modelbox.cli.common import reported
from modelbox.cli.lazy import LazyGroup
from modelbox.config import CONFIG_FILE, CONFIG_TEXT


@click.command(
    cls=LazyGroup,
    lazy={
        "artifacts": "modelbox.cli.artifacts:artifacts",
        "checkpoints": "modelbox.cli.checkpoints:checkpoints",
        "cluster-members": "modelbox.cli.members:cluster_members",
        "datasets": "modelbox.cli.datasets:datasets",
        "delete": "modelbox.cli.changing:delete",
        "events": "modelbox.cli.events:events",
        "experiments": "modelbox.cli.experiments:experiments",
        "history": "modelbox.cli.history:history",
        "hyperparameters": "modelbox.cli.hyperparameters:hyperparameters",
        "journal": "modelbox.cli.journal:journal",
        "labels": "modelbox.cli.changing:set_labels",
        "lineage": "modelbox.cli.lineage:lineage",
        "list": "modelbox.cli.namespaces:list_everything",
        "metadata": "modelbox.cli.metadata:metadata",
        "metrics": "modelbox.cli.metrics:metrics",
        "model-versions": "modelbox.cli.model_versions:model_versions",
        "models": "modelbox.cli.models:models",
        "namespaces": "modelbox.cli.namespaces:namespaces",
        "restore": "modelbox.cli.changing:restore",
        "runs": "modelbox.cli.runs:runs",
        "sync": "modelbox.cli.journal:sync",
        "update": "modelbox.cli.changing:update",
        "watch": "modelbox.cli.watch:watch",
    },
    epilog="The server: --server-addr, then MODELBOX_API_ADDR, then ./modelbox_client.toml, then localhost:8085.",
)
def client() -> None:
    """Create and read experiments, runs, models and datasets, log on them, follow their changes."""


@client.command("init-config", epilog="Example: modelbox client init-config --path ./modelbox_client.toml")
@click.option(
    "--path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=CONFIG_FILE,
    show_default=True,
    help="Where to write.",
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def init_config(*, path: Path, force: bool) -> None:
    """Write the client's configuration file, with comments."""
    with reported():
        try:
            with path.open("w" if force else "x", encoding="utf-8") as file:
                file.write(CONFIG_TEXT)
        except FileExistsError:
            raise click.ClickException(f"path: {path} is there already; replace it with --force") from None
    click.echo(f"wrote {path}")
