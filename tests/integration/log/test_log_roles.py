"""The service's role: of each database its own, with the rights that `grants.sql` says, put right at every start."""

import asyncio
import contextlib
from collections.abc import Iterator

import asyncpg
import pytest

from modelbox_events import DatabaseRightsError, Log, MigrationError, migrate
from modelbox_events.migrate import end_shared_role
from modelbox_events.shared_role import wait_until_unused
from modelbox_gateway.embedded.postgres import EmbeddedPostgres
from modelbox_projections import rebuild
from tests.integration.log.accounts import Account, bring_up, execute, new_account, open_cluster, rights
from tests.integration.log.former_version import create_views_as_before, former_process, migrate_as_before
from tests.integration.log_cases import append, assert_whole, stream


@pytest.fixture(scope="module")
def cluster() -> Iterator[EmbeddedPostgres]:
    """A Postgres that several accounts share."""
    with open_cluster() as server:
        yield server


async def test_the_service_of_one_database_has_no_right_in_another(cluster: EmbeddedPostgres) -> None:
    one, two = [await new_account(cluster, name) for name in ("one", "two")]
    role_of_one, role_of_two = [await bring_up(account.dsn) for account in (one, two)]
    assert role_of_one != role_of_two

    connection = await asyncpg.connect(one.at("two"))  # Postgres lets every account connect unless told otherwise
    for role in (role_of_two, "modelbox_service", "two"):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError)):
            await connection.execute(f"SET ROLE {role}")
    for role in ("one", role_of_one):
        await connection.execute(f"SET ROLE {role}")
        for statement in (
            "SELECT * FROM modelbox.events",
            "UPDATE modelbox.log_head SET position = 0",
            "SELECT * FROM modelbox_views.projection_state",
            "DELETE FROM modelbox_gateway.members",
            "SELECT modelbox.ensure_event_partitions(9, 9)",
            "CREATE SCHEMA mine",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    await connection.close()


async def test_an_account_that_may_not_create_roles_is_told_what_an_administrator_runs(
    cluster: EmbeddedPostgres,
) -> None:
    account = await new_account(cluster, "managed", options="NOCREATEROLE")
    with pytest.raises(DatabaseRightsError, match=r"permission denied to create role.*CREATE ROLE") as refused:
        await migrate(account.dsn)

    await execute(cluster.dsn, *refused.value.remedy)

    await _assert_serves(account)


async def test_a_role_that_is_not_granted_is_told(cluster: EmbeddedPostgres) -> None:
    account = await new_account(cluster, "ungranted", options="NOCREATEROLE")
    with pytest.raises(DatabaseRightsError) as refused:
        await migrate(account.dsn)
    await execute(cluster.dsn, refused.value.remedy[0])

    with pytest.raises(DatabaseRightsError, match="GRANT modelbox_service_") as refused:
        await migrate(account.dsn)

    await execute(cluster.dsn, *refused.value.remedy)
    await _assert_serves(account)


async def test_a_log_that_no_server_has_opened_is_told_from_one_that_does_not_answer(
    cluster: EmbeddedPostgres,
) -> None:
    account = await new_account(cluster, "unopened")
    with pytest.raises(MigrationError, match="start the server"):
        await Log.open(account.dsn)


async def test_every_right_of_the_service_is_said_in_grants_sql(cluster: EmbeddedPostgres) -> None:
    """And those that everybody has by default. Migrations do not run again where a dump has lost the rights."""
    account = await new_account(cluster, "declared")
    role = await bring_up(account.dsn)
    before = await rights(account.dsn)

    schemas = "modelbox, modelbox_views, modelbox_gateway"
    await execute(
        account.dsn, f"REASSIGN OWNED BY {role} TO declared", f"DROP OWNED BY {role}",
        f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schemas} TO PUBLIC",  # what a dump without rights comes to
    )  # fmt: skip
    assert await rights(account.dsn) != before
    await bring_up(account.dsn)

    assert await rights(account.dsn) == before


async def test_guards_that_were_switched_off_are_on_after_a_start(cluster: EmbeddedPostgres) -> None:
    account = await new_account(cluster, "unguarded")
    log = await _opened(account.dsn)
    await log.append(append(stream()))
    for table in ("modelbox.events", "modelbox.events_000000000000001"):
        await execute(account.dsn, f"ALTER TABLE {table} DISABLE TRIGGER USER")

    await migrate(account.dsn)

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="append-only"):
        await execute(account.dsn, "DELETE FROM modelbox.events_000000000000001")
    await log.close()


async def test_a_copy_of_a_database_has_a_role_of_its_own_and_the_original_none_there(
    cluster: EmbeddedPostgres,
) -> None:
    account = await new_account(cluster, "original")
    role = await bring_up(account.dsn)
    log = await Log.open(account.dsn)
    await log.append(append(stream()))
    await log.close()
    await execute(cluster.dsn, "CREATE DATABASE copy TEMPLATE original OWNER original")

    copy = account._replace(dsn=account.at("copy"))
    await _assert_serves(copy, events=2)

    connection = await asyncpg.connect(copy.dsn)
    await connection.execute(f"SET ROLE {role}")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SELECT * FROM modelbox.events")
    await connection.close()
    await _assert_serves(account, events=2)


async def test_tables_of_another_account_are_told_with_what_gives_them_back(cluster: EmbeddedPostgres) -> None:
    """As after a restore by an administrator."""
    account = await new_account(cluster, "restored")
    role = await bring_up(account.dsn)
    administrator = account.dsn.replace("restored@", "postgres@")
    taken = [f"REASSIGN OWNED BY {owner} TO postgres" for owner in ("restored", role)]
    await execute(administrator, *taken, "ALTER DATABASE restored OWNER TO restored")

    with pytest.raises(DatabaseRightsError, match="belongs to another account") as refused:
        await migrate(account.dsn)

    await execute(administrator, *refused.value.remedy)
    await _assert_serves(account)


class TestFormerVersion:
    """A database of a version whose databases shared one role."""

    async def test_its_processes_go_on_working_beside_new_ones(self, cluster: EmbeddedPostgres) -> None:
        account = await _former_database(cluster, "rolling")
        former = await former_process(account.dsn)

        await _assert_serves(account)

        await former.execute("INSERT INTO modelbox_views.run_heartbeats VALUES (gen_random_uuid(), now())")
        await former.execute("DELETE FROM view_models_v2.objects")
        assert await former.fetchval("SELECT position FROM modelbox.log_head") == 1
        await former.close()

    async def test_its_role_loses_its_rights_when_no_process_of_it_is_left(self, cluster: EmbeddedPostgres) -> None:
        """Until then every account that has the role, a member for its own database, may read and write here."""
        account = await _former_database(cluster, "upgraded")
        other = await new_account(cluster, "stranger")
        await _share_role(cluster, other)
        former = await former_process(account.dsn)
        stranger = await former_process(other.at("upgraded"))
        await bring_up(account.dsn)
        await stranger.execute("UPDATE modelbox.log_head SET position = position")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait_until_unused(account.dsn, unused_for_s=0.2), 1.0)
        await former.close()

        assert await asyncio.wait_for(wait_until_unused(account.dsn, unused_for_s=0.2), 20.0)
        await end_shared_role(account.dsn)

        for statement in ("SELECT * FROM modelbox.events", "UPDATE modelbox.log_head SET position = position"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await stranger.execute(statement)
        await stranger.close()
        assert not await wait_until_unused(account.dsn)
        await _assert_serves(account)

    async def test_a_changed_first_migration_is_still_refused(self, cluster: EmbeddedPostgres) -> None:
        account = await _former_database(cluster, "changed")
        await execute(account.dsn, "UPDATE public.modelbox_migrations SET checksum = 'x' WHERE number = 1")
        with pytest.raises(MigrationError, match="was changed after it ran"):
            await migrate(account.dsn)


async def _opened(dsn: str) -> Log:
    await bring_up(dsn)
    return await Log.open(dsn)


async def _assert_serves(account: Account, *, events: int = 1) -> None:
    """Append one event and rebuild a view; the log then has so many events."""
    log = await _opened(account.dsn)
    try:
        await log.append(append(stream()))
        assert len(await assert_whole(log)) == events
        for name in ("models", "metrics"):
            assert (await rebuild(log, name)).position == events
    finally:
        await log.close()


async def _former_database(cluster: EmbeddedPostgres, name: str) -> Account:
    """Make a database as the version before did: one role for all, named in the first migration."""
    account = await new_account(cluster, name)
    await _share_role(cluster, account)
    connection = await asyncpg.connect(account.dsn)
    await migrate_as_before(connection)
    await create_views_as_before(connection)
    await connection.close()
    return account


async def _share_role(cluster: EmbeddedPostgres, account: Account) -> None:
    with contextlib.suppress(asyncpg.DuplicateObjectError):
        await execute(cluster.dsn, "CREATE ROLE modelbox_service NOLOGIN")
    await execute(cluster.dsn, f"GRANT modelbox_service TO {account.name} WITH ADMIN OPTION")
