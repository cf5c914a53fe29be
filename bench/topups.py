"""Open top-ups in bulk: paid at the till, waiting for their receipts, and the receipts that settle them.

Sales and clients have their numbers as ids, so that SQL, pgbench and Python name the same ones.
"""

from pathlib import Path
from string import Template
from uuid import UUID

import asyncpg

from contracts.fiscal import Document, ReceiptRegistered
from contracts.headers import SOURCE, headers
from kit.parked import Delivery
from kit.time import derived_id, new_id, utc_now

CLIENTS = 1000
TOTAL_KOPECKS = 1000_00
ORG, CLUB, TILL, SHIFT, REGISTER = (UUID(int=2**64 + number) for number in range(5))
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
"""Every receipt comes with a trace, as a real one does."""


def sale_id(number: int) -> UUID:
    """The id of a top-up."""
    return UUID(int=number)


def client_id(number: int) -> UUID:
    """Whose balance a top-up is for."""
    return UUID(int=number % CLIENTS + 1)


async def fill(connection: asyncpg.Connection, sales: int) -> None:
    """Make the top-ups 1 to `sales`, and leave Postgres nothing to do afterwards."""
    statements = Template((Path(__file__).parent / "topups.sql").read_text())
    places = {"org": ORG, "club": CLUB, "till": TILL, "shift": SHIFT}
    await connection.execute(statements.substitute(places, sales=sales, clients=CLIENTS))
    await connection.execute("vacuum analyze")
    await connection.execute("checkpoint")


async def settled(connection: asyncpg.Connection, wanted: int) -> None:
    """Raise unless exactly `wanted` top-ups are paid, posted and told of: a rate of anything else is no rate."""
    found = await connection.fetchrow("""
        select (select count(*) from sale where state = 'paid') as paid, (select count(*) from entry) as posted,
               (select count(*) from inbox) as taken, (select count(*) from outbox) as told
    """)
    if found is None or tuple(found) != (wanted, wanted, wanted, 3 * wanted):
        raise RuntimeError(f"{wanted} top-ups were to be settled: {found}")


def receipt(number: int) -> Delivery:
    """The receipt of a top-up, as Kafka brings it."""
    at, sale = utc_now(), sale_id(number)
    document = Document(
        fd=number,
        fn="9999078900002287",
        fp="2361429570",
        issued_at_local="20261123T1200",
        total_kopecks=TOTAL_KOPECKS,
        qr=f"t=20261123T1200&s=1000.00&fn=9999078900002287&i={number}&fp=2361429570&n=1",
    )
    names = {"org_id": ORG, "club_id": CLUB, "register_id": REGISTER, "sale_id": sale}
    message = ReceiptRegistered(**names, receipt_id=derived_id("receipt", sale, 1), at=at, document=document)
    known = headers(message, new_id(), at, TRACE) | {SOURCE: "fiscal"}
    return Delivery(message.topic, 0, number, message.key, known, message.body())
