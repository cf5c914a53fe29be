"""Databases of the services: made, owned and brought to this version's schema.

Each service has a database, a role that owns it (migrations run as it) and a role that works in it: that one cannot
change the schema, and what a migration takes away from it (UPDATE and DELETE on the ledger) it does not get back.
"""

from collections.abc import Mapping
from types import MappingProxyType

import asyncpg
from alembic.util import CommandError
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from kit import migrate
from kit.db import Database
from savepoint.failures import CommandFailed, Exit

SERVICES = {"staff": "staff", "hall": "hall", "billing": "billing", "fiscal": "fiscal.central"}
"""Each service with a Postgres database, and the package beside which its migrations stand."""


def address(admin_url: str, service: str, database: str | None = None) -> str:
    """Where the service itself finds its database; `admin_url` names the server."""
    url = make_url(admin_url).set(drivername="postgresql+asyncpg", username=service, database=database or service)
    return url.set(password=None).render_as_string(hide_password=False)


def as_owner(admin_url: str, service: str, database: str | None = None) -> Database:
    """The service's database as its owner sees it; `admin_url` is a superuser's."""
    url = make_url(admin_url).set(drivername="postgresql+asyncpg", database=database or service)
    return Database(url.render_as_string(hide_password=False), service, connections=2, role=f"{service}_owner")


async def provision(admin: asyncpg.Connection, service: str, database: str, password: str | None = None) -> None:
    """Make the roles and the database of `service` where they are missing. `admin` is connected as a superuser."""
    owner = f"{service}_owner"
    for role, right in ((service, "login"), (owner, "nologin")):
        if not await admin.fetchval("select 1 from pg_roles where rolname = $1", role):
            await admin.execute(f'create role "{role}" {right}')
    if password is not None:
        literal = await admin.fetchval("select quote_literal($1)", password)
        await admin.execute(f'alter role "{service}" password {literal}')
    if not await admin.fetchval("select 1 from pg_database where datname = $1", database):
        await admin.execute(f'create database "{database}" owner "{owner}"')
    # Nobody looks into another service's database, or puts a temporary table before a real one.
    await admin.execute(f'revoke connect, temporary on database "{database}" from public')
    await admin.execute(f'grant connect on database "{database}" to "{service}"')


async def prepare(admin_url: str, passwords: Mapping[str, str] = MappingProxyType({})) -> None:
    """Make and upgrade every service's database on one server. Raises CommandFailed.

    `passwords` by service are what the services sign in with, where the server asks for one.
    """
    plain = make_url(admin_url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        admin = await asyncpg.connect(plain, timeout=10)
        try:
            for service in SERVICES:
                await provision(admin, service, service, passwords.get(service))
        finally:
            await admin.close()
        for service in SERVICES:
            await upgrade(as_owner(admin_url, service))
    except (OSError, asyncpg.PostgresError, DBAPIError) as wrong:
        raise postgres_failed(wrong) from None


FULL_DISK = "53100"
UNKNOWN_NAMES = ("42P01", "42703", "3D000")
"""Of a table, of a column, of a database."""


def postgres_failed(wrong: Exception) -> CommandFailed:
    """What Postgres or the way to it said, with what a person can do about it."""
    cause = wrong.orig if isinstance(wrong, DBAPIError) and wrong.orig is not None else wrong
    state, said = getattr(cause, "sqlstate", None) or "", str(cause).splitlines()[0] if str(cause) else repr(cause)
    if state == FULL_DISK:
        return CommandFailed(Exit.DISK, f"Postgres has no room on its disk ({said}). Make room and try again.")
    if state in UNKNOWN_NAMES:
        return CommandFailed(Exit.SCHEMA, f"The databases are older ({said}). Run `savepoint migrate` first.")
    return CommandFailed(Exit.POSTGRES, f"Postgres did not do it: {said}. Check its address and that it runs.")


async def upgrade(db: Database) -> None:
    """Bring a service's database, opened as its owner, to this version's schema, and close it. Safe to repeat."""
    service = db.source
    try:
        async with db.engine.begin() as conn:
            for what, rights in (("tables", "select, insert, update, delete"), ("sequences", "usage, select")):
                await conn.exec_driver_sql(
                    f'alter default privileges in schema public grant {rights} on {what} to "{service}"'
                )
        await migrate.upgrade(db, SERVICES[service])
    except CommandError as wrong:  # a revision in the database that these scripts do not have
        message = f"The database of {service} was made by a newer version ({wrong}). Start that version instead."
        raise CommandFailed(Exit.SCHEMA, message) from None
    finally:
        await db.engine.dispose()
