"""The hall, put together. `python -m hall.app` runs it alone."""

from datetime import timedelta

from fastapi import FastAPI

from edge.auth import Tokens
from edge.http import create_app, serve
from edge.live import Watch
from hall import api, consumers, jobs
from hall.settings import Settings
from hall.store.board import FEED
from kit import telemetry
from kit.consume import Intake
from kit.db import Database
from kit.relay import Relay
from kit.service import Service
from kit.subscribe import Consumer


def compose(settings: Settings) -> FastAPI:
    """The service of these settings; its lifespan runs it."""
    db, kafka = Database(settings.database(), "hall"), settings.kafka()
    watch = Watch(db, FEED)
    loops = [*jobs.loops(db, timedelta(seconds=settings.changes_kept_s)), watch.loop()]
    consumer = Consumer(Intake(db, consumers.handlers()), kafka, "hall")
    service = Service("hall", db, Relay(db, kafka), consumer, loops)
    routers = api.routers(db, watch, timedelta(seconds=settings.pay_within_s))
    return create_app(service, routers, Tokens(settings.jwks_url, settings.issuer))


def main() -> None:
    """Run the hall until it is told to stop."""
    settings = Settings()
    telemetry.set_up("hall", settings.log_level, settings.otlp_url)
    serve(compose(settings), settings)


if __name__ == "__main__":
    main()
