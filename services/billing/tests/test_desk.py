"""What the desk looks up: clients as people ask for them, balances that explain themselves, clubs at a glance."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain.day import day_began
from billing.domain.search import asked
from conftest import ORG
from contracts import hall
from kit.time import utc_now
from services.billing.tests.builders import CLUB, TILL, Till, an_order, balance, cash, paid

FOUND = [
    ("+7 916 123-45-67", "phone"),
    ("89161234567", "phone"),
    ("9161234567", "phone"),
    ("4567", "phone_tail"),
    ("45-67", "phone_tail"),
    ("1234567", "phone_tail"),
    ("ковалёв", "name"),
    ("КОВАЛЕВ", "name"),
    ("сем ков", "name"),
    ("Семё", "name"),
    ("A-77", "card"),
    ("916123", None),
    ("567", None),
    ("валёв", None),
    ("A-4567", None),
    ("___", None),
    ("'; drop --", None),
]


@pytest.mark.parametrize(("q", "matched"), FOUND)
async def test_a_client_is_found_as_people_ask_for_them(till: Till, q: str, matched: str | None) -> None:
    await till.post("/v1/clients", {"phone": "8 (916) 123-45-67", "name": "Ковалёв-Дон Семен", "card": "A-77"})
    await till.post("/v1/clients", {"phone": "+79030000000", "name": "Пётр"})

    found = (await till.get("/v1/clients", q=q))["items"]

    hits = [(one["name"], one["phone_masked"], one["matched"]) for one in found]
    assert hits == ([("Ковалёв-Дон Семен", "+7 916 ···45-67", matched)] if matched else [])


async def test_the_surest_hit_comes_first(till: Till) -> None:
    await till.post("/v1/clients", {"phone": "+79160004567", "name": "Анна"})
    await till.post("/v1/clients", {"phone": "+79160000001", "name": "Яна", "card": "4567"})

    found = (await till.get("/v1/clients", q="4567"))["items"]

    assert [(one["name"], one["matched"]) for one in found] == [("Яна", "card"), ("Анна", "phone_tail")]


async def test_two_signs_find_nobody_and_it_says_why(till: Till) -> None:
    answer = await till.http.get("/v1/clients", params={"q": "Ив"}, headers=till.header())

    assert (answer.status_code, answer.json()["code"]) == (422, "search_too_short")
    assert answer.json()["params"]["signs_min"] == 3


@given(st.text(max_size=64))
def test_whatever_is_typed_can_be_looked_for(q: str) -> None:
    wanted = asked(q)

    assert all(word.isalnum() for word in wanted.words)
    assert wanted.tail is None or (wanted.tail.isdecimal() and 4 <= len(wanted.tail) < 10)


async def test_a_card_is_one_clients_and_can_be_given_and_taken(till: Till) -> None:
    first, second = await till.a_client(), await till.a_client()

    given_ = await till.patch(f"/v1/clients/{first}", {"card": "00123"})
    taken = await till.patch(f"/v1/clients/{second}", {"card": "00123"})
    assert (given_.json()["card"], taken.status_code, taken.json()["code"]) == ("00123", 409, "card_taken")
    assert given_.json()["phone_masked"].startswith("+7 916 ···")
    assert (await till.patch(f"/v1/clients/{first}", {"card": None})).json()["card"] is None
    assert (await till.patch(f"/v1/clients/{second}", {"card": "00123"})).json()["card"] == "00123"


async def test_every_change_of_a_balance_says_what_it_led_to_and_where_it_came_from(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client(500_00)
    order = an_order(client_id=client_id, payment=paid(balance(200_00), cash(100_00)))
    await till.hears(order)
    before_end = utc_now()
    await till.registered(str(order.sale_id))

    rows = (await till.get(f"/v1/clients/{client_id}/operations"))["items"]

    assert [(one["kind"], one["amount_kopecks"], one["balance_after_kopecks"]) for one in rows] == [
        ("hold", -200_00, 300_00),
        ("top_up", 500_00, 500_00),
    ]
    sale = await till.get(f"/v1/sales/{order.sale_id}")
    shift = await till.get(f"/v1/shifts/{sale['shift_id']}")
    assert {name: rows[0][name] for name in ("sale_id", "sale_number", "receipt_id", "device_name")} == {
        "sale_id": sale["sale_id"],
        "sale_number": sale["number"],
        "receipt_id": sale["receipt_id"],
        "device_name": "PC-07",
    }
    assert (rows[0]["shift_number"], rows[0]["person"], rows[1]["device_name"]) == (shift["number"], "Анна К.", None)
    first = datetime.fromisoformat(rows[1]["posted_at"])
    then = await till.get(f"/v1/clients/{client_id}/operations", as_of=first.isoformat())
    assert [one["balance_after_kopecks"] for one in then["items"]] == [500_00]
    assert (await till.get(f"/v1/clients/{client_id}/operations", as_of=before_end.isoformat()))["items"] == rows
    never = (first - timedelta(seconds=1)).isoformat()
    assert (await till.get(f"/v1/clients/{client_id}/operations", as_of=never))["items"] == []


async def test_the_balance_runs_on_over_pages(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client()
    for _ in range(5):
        tenders = [{"kind": "cash", "amount_kopecks": 100_00}]
        sale = await till.post("/v1/top-ups", {"client_id": client_id, "till_id": str(TILL), "tenders": tenders})
        await till.registered(sale.json()["sale_id"])

    seen: list[int] = []
    after: dict[str, str] = {}
    while True:
        page = await till.get(f"/v1/clients/{client_id}/operations", limit=2, **after)
        seen += [one["balance_after_kopecks"] for one in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert seen == [500_00, 400_00, 300_00, 200_00, 100_00]


async def test_nobody_reads_the_balance_of_another_org(till: Till) -> None:
    client_id = await till.a_client()
    other = till.issuer.header("billing.client.read", org=str(uuid4()))

    answer = await till.http.get(f"/v1/clients/{client_id}/operations", headers=other)

    assert (answer.status_code, answer.json()["code"]) == (404, "client_not_found")


async def test_a_chain_sees_what_each_club_sold_today_and_who_has_a_till_open(till: Till) -> None:
    shift_id = await till.a_shift()
    client_id = await till.a_client(1000_00)
    order, unpaid = an_order(client_id=client_id, payment=paid(balance(200_00), cash(100_00))), an_order()
    await till.hears(order, unpaid)
    await till.registered(str(order.sale_id))
    await till.hears(a_club(uuid4(), "Южный"))

    ours, other = await till.get("/v1/shifts/summary")

    assert (ours["club_id"], ours["revenue_kopecks"], ours["refunds_kopecks"]) == (str(CLUB), 300_00, 0)
    (open_,) = ours["open_shifts"]
    assert (open_["shift_id"], open_["till_id"], open_["opened_by"]["name"]) == (shift_id, str(TILL), "Анна К.")
    assert open_["number"] == (await till.get(f"/v1/shifts/{shift_id}"))["number"]
    assert (other["revenue_kopecks"], other["open_shifts"]) == (0, [])
    assert await till.get("/v1/shifts/summary", club_id=str(CLUB)) == [ours]


async def test_what_was_sold_before_the_clubs_day_began_is_not_todays(till: Till) -> None:
    """It is a minute to the next working day, and then a minute into it."""
    await till.a_shift()
    order = an_order(payment=paid(cash(300_00)))
    await till.hears(order)
    await till.registered(str(order.sale_id))
    soon = utc_now() + timedelta(minutes=1)

    async def revenue(begins: datetime, now: datetime) -> int:
        await till.hears(a_club(CLUB, "Лиговский", time_zone="UTC", day_starts_at=begins.time()))
        till.db.clock = lambda: now
        (club,) = await till.get("/v1/shifts/summary")
        till.db.clock = utc_now
        return int(club["revenue_kopecks"])

    assert await revenue(soon, soon - timedelta(minutes=1)) == 300_00
    assert await revenue(soon, soon + timedelta(minutes=1)) == 0


async def test_a_summary_is_of_the_callers_clubs_alone(till: Till) -> None:
    other = till.issuer.header("billing.shift.read", clubs=[str(uuid4())])

    assert (await till.http.get("/v1/shifts/summary", headers=other)).json() == []
    asked_ = await till.http.get("/v1/shifts/summary", params={"club_id": str(CLUB)}, headers=other)
    assert (asked_.status_code, asked_.json()["code"]) == (404, "club_not_found")


DAYS = [
    ("2026-11-23T12:00", None, None, "2026-11-23T00:00"),
    ("2026-11-23T12:00", "Europe/Moscow", None, "2026-11-22T21:00"),
    ("2026-11-23T02:59", "Europe/Moscow", time(6), "2026-11-22T03:00"),
    ("2026-11-23T03:00", "Europe/Moscow", time(6), "2026-11-23T03:00"),
    ("2026-11-23T15:00", "Asia/Vladivostok", time(6), "2026-11-22T20:00"),
]


@pytest.mark.parametrize(("now", "zone", "starts_at", "began"), DAYS)
def test_a_day_begins_by_the_clubs_own_clock(now: str, zone: str | None, starts_at: time | None, began: str) -> None:
    def utc(moment: str) -> datetime:
        return datetime.fromisoformat(moment).replace(tzinfo=UTC)

    assert day_began(utc(now), zone, starts_at) == utc(began)


def a_club(club_id: Any, name: str, **changes: Any) -> hall.ClubChanged:
    known = {"org_id": ORG, "club_id": club_id, "name": name, "time_zone": "Europe/Moscow"}
    return hall.ClubChanged.model_validate(known | {"start_on_unknown_receipt": True} | changes)
