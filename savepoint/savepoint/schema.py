"""Databases of the services: made, owned and brought to this version's schema.

Each service has a database, a role that owns it (migrations run as it) and a role that works in it: that one cannot
change the schema, and what a migration takes away from it (UPDATE and DELETE on the ledger) it does not get back.
"""

import asyncpg
from sqlalchemy import make_url

from kit import migrate
from kit.db import Database

SERVICES = {"staff": "staff", "hall": "hall", "billing": "billing", "fiscal": "fiscal.central"}
"""Each service with a Postgres database, and the package beside which its migrations stand."""


def address(admin_url: str, service: str, *, owner: bool = False, database: str | None = None) -> str:
    """Where the database of `service` is, for its own role or for its owner; `admin_url` names the server."""
    role = f"{service}_owner" if owner else service
    url = make_url(admin_url).set(drivername="postgresql+asyncpg", username=role, database=database or service)
    return url.render_as_string(hide_password=False)


async def provision(admin: asyncpg.Connection, service: str, database: str, password: str | None = None) -> None:
    """Make the roles and the database of `service` where they are missing. `admin` is connected as a superuser."""
    owner = f"{service}_owner"
    for role in (service, owner):
        if not await admin.fetchval("select 1 from pg_roles where rolname = $1", role):
            await admin.execute(f'create role "{role}" login')
        if password is not None:
            literal = await admin.fetchval("select quote_literal($1)", password)
            await admin.execute(f'alter role "{role}" password {literal}')
    if not await admin.fetchval("select 1 from pg_database where datname = $1", database):
        await admin.execute(f'create database "{database}" owner "{owner}"')


async def upgrade(owner_url: str, service: str) -> None:
    """Bring the database of `service` to this version's schema; `owner_url` connects as its owner. Safe to repeat."""
    db = Database(owner_url, service, connections=1)
    try:
        async with db.engine.begin() as conn:
            for what, rights in (("tables", "select, insert, update, delete"), ("sequences", "usage, select")):
                await conn.exec_driver_sql(
                    f'alter default privileges in schema public grant {rights} on {what} to "{service}"'
                )
        await migrate.upgrade(db, SERVICES[service])
    finally:
        await db.engine.dispose()
