"""A toy service's messages, and builders with good defaults."""

from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import text

from contracts import Message
from contracts.headers import headers
from kit.db import Database
from kit.parked import Delivery
from kit.time import new_id, utc_now

ORG = UUID("0193a000-0000-7000-8000-000000000001")


class Counted(Message):
    """A thing was counted."""

    TYPE: ClassVar[str] = "toy.thing.counted.v1"
    TOPIC: ClassVar[str] = "toy.thing"
    KEY: ClassVar[str] = "thing"

    thing: str
    number: int


class Sung(Message):
    """A thing sang, in a topic of its own."""

    TYPE: ClassVar[str] = "toy.song.sung.v1"
    TOPIC: ClassVar[str] = "toy.song"
    KEY: ClassVar[str] = "thing"

    thing: str


def a_delivery(message: Message | None = None, offset: int = 0, **changes: Any) -> Delivery:
    """A good delivery of `message`, with what a test wants different."""
    message = message or Counted(org_id=ORG, thing="a", number=1)
    known = headers(message, new_id(), utc_now(), None)
    values: dict[str, Any] = {
        "topic": message.topic,
        "partition": 0,
        "offset": offset,
        "key": message.key,
        "headers": known,
        "body": message.body(),
    }
    return Delivery(**(values | changes))


async def rows(db: Database, query: str) -> list[tuple[Any, ...]]:
    async with db.engine.connect() as conn:
        return [tuple(row) for row in await conn.execute(text(query))]
