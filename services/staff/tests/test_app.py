"""The whole service: started as it is, on a real Postgres and a real Kafka wire."""

from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from conftest import Issuer, eventually
from contracts.topics import SHARED
from kit.db import Database
from kit.kafka import Kafka
from services.staff.tests.builders import a_settings, enrolled, rows
from staff.app import compose


@pytest.fixture
async def wired(db: Database, issuer: Issuer, kafka: Kafka) -> Any:
    """Settings of this installation, on a broker that has the topics."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    known = set(await admin.list_topics())
    await admin.create_topics([NewTopic(topic.name, 1, 1) for topic in SHARED if topic.name not in known])
    await admin.close()
    url = db.engine.url.render_as_string(hide_password=False)
    broker = {"kafka_servers": kafka.servers, "kafka_kind": "embedded"}
    return a_settings(database_url=url, jwks_url=issuer.jwks_url, **broker)


async def test_what_a_person_did_is_in_the_journal_soon_after(
    wired: Any, db: Database, manager: dict[str, str]
) -> None:
    app = compose(wired)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://staff") as http,
    ):
        await enrolled(http, manager)

        async def both() -> list[Any]:
            items = (await http.get("/v1/journal", headers=manager)).json()["items"]
            return items if len(items) == 2 else []

        found = await eventually(both, within_s=30)
        assert isinstance(found, list)
        assert [entry["act"] for entry in found] == ["staff.till.enrolled", "staff.till.added"]
        assert (await http.get("/readyz")).json() == {"status": "ready"}
        assert len((await http.get("/v1/jwks")).json()["keys"]) == 1
    assert await rows(db, "select error from parked") == []
