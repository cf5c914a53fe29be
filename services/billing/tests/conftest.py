"""Billing with a club and a till."""

from collections.abc import AsyncIterator

import httpx
import pytest

from billing.api import routes
from billing.consumers import handlers
from conftest import Fresh, Issuer
from edge.http import create_app
from edge.live import Watch
from kit.consume import Intake
from kit.kafka import Kafka
from kit.relay import Relay
from kit.service import Service
from services.billing.tests.builders import DIFFERENCE_KOPECKS, LIMIT_KOPECKS, PLACES, Till


@pytest.fixture
async def till(fresh: Fresh, issuer: Issuer) -> AsyncIterator[Till]:
    db = await fresh("billing")
    watch = Watch(db)
    service = Service("billing", db, Relay(db, Kafka("nowhere:1")), loops=[watch.loop()])
    app = create_app(service, routes(db, watch, LIMIT_KOPECKS, DIFFERENCE_KOPECKS), issuer.tokens())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://billing") as http:
        till = Till(db, Intake(db, handlers()), http, issuer, app.state.stopping)
        await till.hears(*PLACES)
        yield till
