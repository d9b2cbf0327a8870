"""Databases of the acceptance tests, which an installed service is given as its own."""

import asyncpg


async def execute(dsn: str, *statements: str) -> None:
    """Execute statements, one after the other."""
    connection = await asyncpg.connect(dsn)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()
