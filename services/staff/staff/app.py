"""The composition root of staff: settings, database, relay, loops, HTTP. It wires and decides nothing.

`savepoint` composes staff beside other services; `python -m staff.app` runs it alone.
"""

import asyncio
import sys

from fastapi import FastAPI

from edge.auth import Tokens
from edge.http import create_app, serve
from kit import migrate, telemetry
from kit.consume import Intake
from kit.db import Database
from kit.relay import Relay
from kit.service import Service
from kit.subscribe import Consumer
from staff import consumers, jobs
from staff.api import approvals, enrolment, journal, keys, machines, members, pins, sessions, sign_in, tills
from staff.api.hashing import Hashing
from staff.api.proving import Proving
from staff.domain.vault import Vault
from staff.jobs import first_start, token_for_role
from staff.settings import Settings
from staff.store.keys import Mint

__all__ = ["compose", "first_start", "main", "token_for_role", "wire"]


def compose(settings: Settings) -> FastAPI:
    """Staff's HTTP app; its lifespan runs the service. Call `first_start` before."""
    return wire(settings, Database(settings.database(), "staff"))


def wire(settings: Settings, db: Database) -> FastAPI:
    """Staff's HTTP app on an open database."""
    vault, hashing = Vault(settings.secret()), Hashing()
    mint, proving = Mint(vault, settings.issuer), Proving(db, vault, hashing)
    routers = [
        sign_in.routes(db, mint, hashing, proving),
        sessions.routes(db, mint, proving),
        approvals.routes(db, mint, proving),
        pins.routes(db, vault, hashing, proving),
        members.routes(db, vault, hashing),
        machines.routes(db, mint),
        enrolment.routes(db, vault),
        tills.routes(db),
        keys.routes(db),
        journal.routes(db),
    ]
    kafka = settings.kafka()
    consumer = Consumer(Intake(db, consumers.handlers()), kafka, "staff")
    service = Service("staff", db, Relay(db, kafka), consumer, jobs.loops(db, settings))
    return create_app(service, routers, Tokens(settings.jwks_url, settings.issuer), jobs.ANSWERS_KEPT)


async def _start(settings: Settings) -> None:
    """Make what a first start makes, and tell the owner's password to who watches the terminal."""
    db = Database(settings.database(), "staff", connections=1)
    try:
        await migrate.check(db, "staff")
        password = await first_start(db, settings)
    finally:
        await db.engine.dispose()
    if password is not None:
        sys.stdout.write(f"owner password (one time): {password}\n")
        sys.stdout.flush()


def main() -> None:
    """Run staff alone."""
    settings = Settings()
    telemetry.set_up("staff", settings.log_level, settings.otlp_url)
    asyncio.run(_start(settings))
    serve(compose(settings), settings)


if __name__ == "__main__":
    main()
