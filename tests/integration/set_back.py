"""A log that is set back under the processes that have it open: an older copy of its database takes its place."""

import contextlib
from collections.abc import AsyncIterator
from typing import Self

import asyncpg

from modelbox_events import Log, migrate
from modelbox_events.database import service_role
from modelbox_projections import prepare
from tests.integration.log_cases import append, stream


class Restorable:
    """A database of which a copy was kept. What is recorded in the original from now on is lost when it is restored."""

    def __init__(self, admin: asyncpg.Connection, dsn: str, name: str) -> None:
        """Use `keep`."""
        self._admin = admin
        self._dsn = dsn
        self._name = name
        self._copy = f"{name}_kept"
        self._copy_dsn = dsn.replace(f"/{name}?", f"/{self._copy}?")

    @classmethod
    @contextlib.asynccontextmanager
    async def keep(cls, dsn: str) -> AsyncIterator[Self]:
        """Keep a copy of a database that nobody has open."""
        name = dsn.split("?", maxsplit=1)[0].rsplit("/", maxsplit=1)[-1]
        admin = await asyncpg.connect(dsn.replace(f"/{name}?", "/postgres?"))
        kept = cls(admin, dsn, name)
        await admin.execute(f"CREATE DATABASE {kept._copy} TEMPLATE {name}")
        try:
            await migrate(kept._copy_dsn)
            await prepare(kept._copy_dsn)
            # Each database has a role of its own. Who lives on when the copy takes the original's place acts as that
            # one's, as it would in a cluster that was itself put back: it gets the rights of the copy's.
            await admin.execute(f"GRANT {await service_role(kept._copy_dsn)} TO {await service_role(dsn)}")
            yield kept
        finally:
            await admin.execute(f"DROP DATABASE IF EXISTS {kept._copy} WITH (FORCE)")
            await admin.close()

    async def record(self, events: int) -> None:
        """Record events in the copy: the positions that are lost are taken by others."""
        log = await Log.open(self._copy_dsn)
        for number in range(events):
            await log.append(append(stream(), value=f"after the loss {number}"))
        await log.close()

    async def restore(self) -> None:
        """Put the copy in the place of the original; whoever is connected is cut off."""
        await self._admin.execute(f"DROP DATABASE {self._name} WITH (FORCE)")
        await self._admin.execute(f"ALTER DATABASE {self._copy} RENAME TO {self._name}")
