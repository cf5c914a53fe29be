"""The central fiscal app: wires, decides nothing. `python -m fiscal.central.app`."""

from datetime import timedelta

from fastapi import FastAPI

from edge.auth import Tokens
from edge.http import create_app, serve
from edge.live import Watch
from fiscal.central.api import routes
from fiscal.central.clients import Branches
from fiscal.central.consumers import handlers
from fiscal.central.jobs import Loops
from fiscal.central.settings import Settings
from kit import telemetry
from kit.consume import Intake
from kit.db import Database
from kit.relay import Relay
from kit.service import Loop, Service
from kit.subscribe import Consumer

NAME = "fiscal"


def compose(settings: Settings) -> FastAPI:
    """The app; its lifespan runs the service."""
    db = Database(settings.database(), NAME)
    kafka, watch = settings.kafka(), Watch(db)
    patience = (timedelta(seconds=settings.unheard_after_s), timedelta(seconds=settings.manual_after_s))
    loops = Loops(db, Branches(kafka, settings.kafka_replication), *patience)
    intake = Intake(db, handlers(timedelta(seconds=settings.send_within_s)))
    service = Service(
        "fiscal.central",
        db,
        Relay(db, kafka),
        Consumer(intake, kafka, NAME),
        [
            Loop("registers", loops.connect_registers, pause_s=0.5),
            Loop("ask again", loops.ask_again, pause_s=1),
            Loop("manual payment", loops.manual_payment, pause_s=1),
            watch.loop(),
        ],
    )
    return create_app(service, [routes(db, watch)], Tokens(settings.jwks_url, settings.issuer))


def main() -> None:
    settings = Settings()
    telemetry.set_up(NAME, settings.log_level, settings.otlp_url)
    serve(compose(settings), settings)


if __name__ == "__main__":
    main()
