"""Schemas by Alembic: the kit's own tables and the service's, each with its own line of versions.

Migrations run as the database's owner, before the services start; services run as a role that cannot change the
schema and may only add to a ledger. A service refuses to start on a schema that is not its own version's.
"""

from importlib import import_module
from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from kit.db import Database

LOCK = 0x5A7E_0002


class WrongSchema(Exception):
    """The database is older or newer than this version of the service; the message says what to do."""


def scripts(package: str) -> ScriptDirectory:
    """All versions that make the schema of `package`. Migrations stand beside a distribution's top package, and for
    one with several programs in a folder of the program's name."""
    places = []
    for name in dict.fromkeys(("kit", package)):
        top, _, program = name.partition(".")
        beside = Path(str(import_module(top).__file__)).resolve().parents[1]
        places.append(str(beside / "migrations" / program / "versions"))
    config = Config()
    config.set_main_option("script_location", str(Path(places[0]).parent))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(places))
    return ScriptDirectory.from_config(config)


async def upgrade(db: Database, package: str) -> None:
    """Bring the schema to this version's. Safe to run again, and from several places at once."""
    async with db.engine.begin() as conn:
        await conn.run_sync(_upgrade, scripts(package))


def _upgrade(connection: Connection, directory: ScriptDirectory) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"select pg_advisory_xact_lock({LOCK})"))
    with EnvironmentContext(
        Config(), directory, fn=lambda found, _: directory._upgrade_revs("heads", found)
    ) as environment:
        environment.configure(connection=connection)
        environment.run_migrations()


async def check(db: Database, package: str) -> None:
    """Raise WrongSchema, with what to do, unless the schema is this version's."""
    directory = scripts(package)
    async with db.engine.connect() as conn:
        found = set(await conn.run_sync(lambda c: MigrationContext.configure(c).get_current_heads()))
    wanted = set(directory.get_heads())
    newer = found - {script.revision for script in directory.walk_revisions()}
    if newer:
        raise WrongSchema(
            f"The database of {db.source} was made by a newer version (schema {', '.join(sorted(newer))}). "
            "Start that version, or restore a backup from before the upgrade."
        )
    if found != wanted:
        raise WrongSchema(f"The database of {db.source} is older than this version. Run `savepoint migrate` first.")
