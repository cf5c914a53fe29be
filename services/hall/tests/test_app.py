"""The whole service: started as it is, on a real Postgres and a real Kafka wire."""

from datetime import timedelta

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from conftest import Issuer, eventually
from contracts import Message
from contracts.hall import SessionOrdered
from contracts.headers import headers
from contracts.topics import SHARED
from hall.app import compose
from hall.domain.session import Session
from hall.settings import Settings
from hall.store import sessions
from kit.db import Database
from kit.kafka import Kafka
from kit.time import new_id, utc_now
from services.hall.tests.builders import Furnished, paid, rows
from services.hall.tests.desk import CASH, Desk


async def topics(kafka: Kafka) -> None:
    """The topics, where another test has not made them before."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    known = set(await admin.list_topics())
    await admin.create_topics([NewTopic(topic.name, 1, 1) for topic in SHARED if topic.name not in known])
    await admin.close()


async def send(kafka: Kafka, message: Message) -> None:
    """As billing's relay does."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka.servers, enable_idempotence=False)
    await producer.start()
    known = [(name, value.encode()) for name, value in headers(message, new_id(), utc_now(), None).items()]
    await producer.send_and_wait(message.topic, message.body(), message.key.encode(), headers=known)
    await producer.stop()


async def test_a_paid_order_runs_and_ends_by_itself(
    db: Database, hall: Furnished, issuer: Issuer, kafka: Kafka
) -> None:
    """The story of one session, with billing played by this test."""
    await topics(kafka)
    url = db.engine.url.render_as_string(hide_password=False)
    app = compose(
        Settings(database_url=url, kafka_servers=kafka.servers, kafka_kind="embedded", jwks_url=issuer.jwks_url)
    )
    heard = AIOKafkaConsumer("hall.session", bootstrap_servers=kafka.servers, auto_offset_reset="earliest")
    await heard.start()
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://hall") as http:
        desk = Desk(http, issuer)
        view = (await desk.order(hall, payment=CASH)).json()
        told_of = SessionOrdered.model_validate_json((await heard.getone()).value)
        assert str(told_of.session_id) == view["session_id"]

        await send(kafka, paid(await one(db, hall, view["session_id"])))
        await eventually(lambda: in_state(desk, view["session_id"], "active"), within_s=30)
        app.state.db.clock = lambda: utc_now() + timedelta(hours=4)
        await eventually(lambda: in_state(desk, view["session_id"], "ended"))
        kinds = [dict((await heard.getone()).headers)["ce_type"] for _ in range(2)]
        assert kinds == [b"hall.session.started.v1", b"hall.session.ended.v1"]
        assert (await http.get("/readyz")).json() == {"status": "ready"}
    await heard.stop()
    assert await rows(db, "select error from parked") == []


async def one(db: Database, hall: Furnished, session_id: str) -> Session:
    async with db.look() as tx:
        (found,) = await sessions.sessions_of(tx, hall.scope, 10, None)
    assert str(found.session_id) == session_id
    return found


async def in_state(desk: Desk, session_id: str, state: str) -> bool:
    return bool((await desk.get(f"/v1/sessions/{session_id}")).json()["state"] == state)
