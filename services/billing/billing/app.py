"""Billing: wires, decides nothing. `python -m billing.app`."""

from fastapi import FastAPI

from billing.api import routes
from billing.consumers import handlers
from billing.jobs import Loops
from billing.settings import Settings
from edge.auth import Tokens
from edge.http import create_app, serve
from edge.live import Watch
from kit import telemetry
from kit.consume import Intake
from kit.db import Database
from kit.relay import Relay
from kit.service import Loop, Service
from kit.subscribe import Consumer

NAME = "billing"


def compose(settings: Settings) -> FastAPI:
    """The app; its lifespan runs the service."""
    db = Database(settings.database(), NAME)
    kafka = settings.kafka()
    consumer = Consumer(Intake(db, handlers()), kafka, NAME)
    watch = Watch(db)
    loops = [Loop("time passes", Loops(db).time_passes, pause_s=1), watch.loop()]
    service = Service(NAME, db, Relay(db, kafka), consumer, loops)
    limits = (settings.refund_limit_kopecks, settings.difference_limit_kopecks)
    return create_app(service, routes(db, watch, *limits), Tokens(settings.jwks_url, settings.issuer))


def main() -> None:
    settings = Settings()
    telemetry.set_up(NAME, settings.log_level, settings.otlp_url)
    serve(compose(settings), settings)


if __name__ == "__main__":
    main()
