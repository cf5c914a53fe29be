"""What a browser that looks at a club is told while money moves: that something changed, and its ids."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from contracts import fiscal, hall
from edge.live import Watch, events
from kit.time import utc_now
from services.billing.tests.builders import CLUB, TILL, Till, an_order, balance, cash, paid

Told = tuple[str, dict[str, Any]]


async def told(till: Till, after: int = 0) -> list[Told]:
    """Every change at the club after the number `after`, in order."""
    query = f"select event, body from live_change where club_id = '{CLUB}' and seq > {after} order by seq"
    return [(event, body) for event, body in await till.rows(query)]


async def so_far(till: Till) -> int:
    ((count,),) = await till.rows(f"select coalesce(max(seq), 0) from live_change where club_id = '{CLUB}'")
    return int(count)


def sale(order: hall.SessionOrdered, state: str) -> Told:
    return "sale.changed", {"sale_id": str(order.sale_id), "till_id": str(TILL), "state": state}


async def test_each_step_of_a_payment_is_told_with_all_that_it_moves(till: Till) -> None:
    shift_id = await till.a_shift()
    client_id = await till.a_client(500_00)
    order, before = an_order(client_id=client_id), await so_far(till)
    shift = ("shift.changed", {"shift_id": shift_id, "till_id": str(TILL)})
    client = ("client.changed", {"client_id": client_id})

    await till.hears(order)
    await till.post(f"/v1/sales/{order.sale_id}/payment", paid(balance(200_00), cash(100_00)))
    await till.hears(till.receipt(fiscal.ReceiptUnknown, order.sale_id, since=utc_now()))
    await till.registered(str(order.sale_id))

    assert await told(till, before) == [
        sale(order, "open"),
        sale(order, "fiscalising"),
        client,
        sale(order, "fiscalising"),
        sale(order, "paid"),
        shift,
        client,
    ]


async def test_a_session_that_begins_changes_the_last_step_of_its_sale_once(till: Till) -> None:
    await till.a_shift()
    order = an_order(payment=paid(cash(300_00)))
    await till.hears(order)
    await till.registered(str(order.sale_id))
    before, now = await so_far(till), utc_now()
    ours = {name: getattr(order, name) for name in ("org_id", "session_id", "sale_id", "club_id", "device_id")}
    started = hall.SessionStarted(**ours, device_name="PC-07", started_at=now, ends_at=now, paid_s=10800)

    await till.hears(started)
    await till.hears(hall.SessionStarted.model_validate(started.model_dump()))

    assert await told(till, before) == [sale(order, "paid")]


async def test_a_shift_is_told_when_it_opens_is_counted_and_closes(till: Till) -> None:
    shift_id = await till.a_shift()
    await till.post(f"/v1/shifts/{shift_id}/close", {"cash_kopecks": 2000_00})
    await till.z_report(shift_id)

    assert await told(till) == [("shift.changed", {"shift_id": shift_id, "till_id": str(TILL)})] * 3


async def test_a_changed_client_is_told_where_they_have_bought(till: Till) -> None:
    await till.a_shift()
    guest, stranger = await till.a_client(100_00), await till.a_client()
    before = await so_far(till)

    await till.patch(f"/v1/clients/{guest}", {"name": "Пётр"})
    await till.patch(f"/v1/clients/{stranger}", {"name": "Павел"})

    assert await told(till, before) == [("client.changed", {"client_id": guest})]


async def test_what_was_refused_is_not_told(till: Till) -> None:
    order = an_order()
    await till.hears(order)
    before = await so_far(till)

    answer = await till.post(f"/v1/sales/{order.sale_id}/payment", paid(cash(300_00)))

    assert (answer.status_code, answer.json()["code"]) == (409, "no_open_shift")
    assert await told(till, before) == []


async def test_the_stream_tells_it_and_goes_on_where_it_was_cut(till: Till) -> None:
    order = an_order()
    watch = Watch(till.db)
    await till.hears(order)
    await till.post(f"/v1/sales/{order.sale_id}/cancel")

    async def first(after: int) -> str:
        lines = events(watch, CLUB, after, utc_now() + timedelta(minutes=1), till.stopping)
        assert (await anext(lines)).startswith("retry:")
        return await anext(lines)

    body = f'data: {{"sale_id":"{order.sale_id}","till_id":"{TILL}","state":"cancelled"}}\n\n'
    assert await first(1) == f"id: 2\nevent: sale.changed\n{body}"
    assert (await first(0)).endswith(body)
    assert await first(2) == ":\n\n"
    assert await first(7) == "id: 2\nevent: resync\ndata: {}\n\n", "of a database that was restored"


async def test_a_stream_is_of_the_callers_clubs_alone(till: Till) -> None:
    for elsewhere in ({"org": str(uuid4())}, {"clubs": [str(uuid4())]}):
        header = till.issuer.header("billing.sale.read", **elsewhere)
        answer = await till.http.get(f"/v1/clubs/{CLUB}/stream", headers=header)
        assert (answer.status_code, answer.json()["code"]) == (404, "club_not_found")


async def test_the_stream_is_open_to_who_may_read_sales(till: Till) -> None:
    till.stopping.set()

    answer = await till.http.get(f"/v1/clubs/{CLUB}/stream", headers=till.header())

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (answer.text, answer.headers["x-accel-buffering"]) == ("retry: 1000\n\n", "no")
