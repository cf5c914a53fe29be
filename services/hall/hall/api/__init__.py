"""The hall over HTTP."""

from datetime import timedelta

from fastapi import APIRouter

from edge.live import Watch
from hall.api.board import board_routes
from hall.api.clubs import changing_clubs, org_routes, reading_clubs
from hall.api.devices import changing_devices, reading_devices
from hall.api.offers import offer_routes
from hall.api.sessions import ending_sessions, ordering_sessions, reading_sessions
from hall.api.summary import summary_routes
from hall.api.tariffs import changing_tariffs, reading_tariffs
from hall.api.zones import changing_zones, reading_zones
from kit.db import Database


def routers(db: Database, watch: Watch, pay_within: timedelta) -> list[APIRouter]:
    """All routes of the hall."""
    setup = (changing_clubs, reading_clubs, changing_zones, reading_zones, changing_devices, reading_devices)
    offered = (changing_tariffs, reading_tariffs, offer_routes)
    sold = (ordering_sessions(db, pay_within), ending_sessions(db), reading_sessions(db))
    return [
        org_routes(db),
        *(routes(db) for routes in (*setup, *offered)),
        *sold,
        board_routes(db, watch),
        summary_routes(db),
    ]
