"""Ordering a session over HTTP."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from conftest import Issuer
from contracts.hall import SessionOrdered
from hall import consumers
from hall.store import tariffs
from kit.consume import Intake
from kit.db import Database
from kit.time import derived_id, new_id
from services.hall.tests.builders import (
    OTHER_ORG,
    Furnished,
    a_delivery,
    a_tariff,
    a_window,
    furnish,
    only_session,
    registered,
    rows,
    started,
    stored,
    told,
)
from services.hall.tests.desk import CASH, TILL, Desk, code, somewhere


@pytest.fixture
def desk(http: httpx.AsyncClient, issuer: Issuer) -> Desk:
    return Desk(http, issuer)


async def last_told(db: Database) -> SessionOrdered:
    ((body,),) = await rows(db, "select body from outbox where type = 'hall.session.ordered.v1'")
    return SessionOrdered.model_validate_json(body)


async def test_an_order_without_a_payment_holds_the_device_and_is_done(
    desk: Desk, hall: Furnished, db: Database
) -> None:
    answer = await desk.order(hall)

    assert answer.status_code == 201
    view = answer.json()
    assert answer.headers["Location"] == f"/v1/sessions/{view['session_id']}"
    assert (view["state"], view["price_kopecks"], view["device_name"]) == ("ordered", 450_00, hall.device.name)
    assert view["sale_id"] == str(derived_id("sale", view["session_id"]))
    assert datetime.fromisoformat(view["pay_by"]) - datetime.fromisoformat(view["ordered_at"]) == timedelta(minutes=10)
    assert (await desk.get(answer.headers["Location"])).json() == view
    assert (await desk.get(f"/v1/clubs/{hall.club.club_id}/board")).json()["counts"]["held"] == 1


async def test_an_order_is_told_with_all_that_billing_needs(desk: Desk, hall: Furnished, db: Database) -> None:
    client_id = new_id()

    view = (await desk.order(hall, client_id=client_id, payment=CASH)).json()

    told_of = await last_told(db)
    (line,) = told_of.lines
    assert (line.name, line.quantity, line.price_kopecks, line.amount_kopecks, line.subject) == (
        "Игровое время, VIP, 3 часа",
        1,
        450_00,
        450_00,
        "service",
    )
    assert (told_of.session_id, told_of.sale_id) == (UUID(view["session_id"]), UUID(view["sale_id"]))
    assert (told_of.client_id, told_of.till_id, told_of.minutes, told_of.bonus_cap_percent) == (
        client_id,
        TILL,
        180,
        30,
    )
    assert (told_of.ordered_by.name, told_of.ordered_by.member_id) == ("Анна К.", UUID(int=7))
    assert told_of.payment is not None
    assert told_of.payment.model_dump(mode="json", exclude_none=True) == CASH


async def test_an_order_with_its_payment_needs_the_permission_to_take_payments(
    http: httpx.AsyncClient, issuer: Issuer, hall: Furnished, db: Database
) -> None:
    orders_only = Desk(http, issuer, "hall.session.order")

    refused = await orders_only.order(hall, payment=CASH)
    assert code(refused) == (403, "permission_missing")
    assert refused.json()["params"] == {"permission": "billing.sale.pay"}
    assert await told(db) == []

    assert (await orders_only.order(hall)).status_code == 201


async def test_an_order_is_made_once_per_key(desk: Desk, hall: Furnished, db: Database) -> None:
    pressed = [await desk.order(hall, key="one") for _ in range(3)]

    assert len({answer.json()["session_id"] for answer in pressed}) == 1
    assert await told(db) == ["session.ordered"]


async def test_of_two_orders_in_the_same_instant_one_holds_the_device_and_the_other_reads_why(
    desk: Desk, hall: Furnished, db: Database
) -> None:
    answers = await asyncio.gather(*(desk.order(hall) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    (winner,) = [answer.json() for answer in answers if answer.status_code == 201]
    for loser in (answer for answer in answers if answer.status_code == 409):
        assert code(loser) == (409, "device_held")
        assert loser.json()["params"]["session_id"] == winner["session_id"]
        assert loser.json()["params"]["till_id"] == str(TILL)
    assert await told(db) == ["session.ordered"]


async def test_of_two_orders_for_one_client_in_the_same_instant_one_wins(
    desk: Desk, hall: Furnished, db: Database
) -> None:
    client_id = new_id()

    answers = await asyncio.gather(
        *(desk.order(hall, device_id=device.device_id, client_id=client_id) for device in hall.devices)
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    losers = {code(answer) for answer in answers if answer.status_code == 409}
    assert losers == {(409, "session_active_elsewhere")}
    assert await told(db) == ["session.ordered"]


async def test_an_order_for_a_running_device_reads_busy(desk: Desk, hall: Furnished, db: Database) -> None:
    running = await started(db, hall)

    refused = await desk.order(hall)

    assert code(refused) == (409, "device_busy")
    assert refused.json()["params"]["session_id"] == str(running.session_id)
    assert datetime.fromisoformat(refused.json()["params"]["until"]) == running.ends_at


async def test_an_order_for_a_device_out_of_service_is_refused(desk: Desk, hall: Furnished) -> None:
    await desk.patch(f"/v1/devices/{hall.device.device_id}", {"in_service": False})

    assert code(await desk.order(hall)) == (409, "device_out_of_service")


# A Monday in Moscow.
HOURS = [("18:59", True), ("19:00", False), ("08:59", False), ("09:00", True)]


@pytest.mark.parametrize(("shown", "offered"), HOURS)
async def test_a_tariff_is_sold_within_its_hours_on_the_clubs_own_clock(
    desk: Desk, hall: Furnished, db: Database, app: FastAPI, shown: str, offered: bool
) -> None:
    tariff = a_tariff(hall.club.club_id, hall.vip.zone_id, windows=(a_window("09:00", "19:00"),))
    async with db.begin() as tx:
        await tariffs.add_tariff(tx, tariff)
    moscow = datetime.fromisoformat(f"2026-11-23T{shown}+03:00").astimezone(UTC)
    app.state.db.clock = lambda: moscow

    answer = await desk.order(hall, tariff_id=tariff.tariff_id)

    if offered:
        assert answer.status_code == 201
    else:
        assert code(answer) == (409, "tariff_not_offered")
        assert answer.json()["params"] == {
            "tariff_id": str(tariff.tariff_id),
            "reason": "outside_schedule",
            "window": {"days": [1, 2, 3, 4, 5, 6, 7], "from": "09:00", "to": "19:00"},
        }


@pytest.mark.parametrize(
    ("changes", "reason"), [({"active": False}, "not_active"), ({"prices": []}, "no_price_in_zone")]
)
async def test_a_tariff_that_is_not_offered_says_why(
    desk: Desk, hall: Furnished, db: Database, changes: dict[str, Any], reason: str
) -> None:
    await desk.patch(f"/v1/tariffs/{hall.tariff.tariff_id}", changes)

    refused = await desk.order(hall)

    assert code(refused) == (409, "tariff_not_offered")
    assert refused.json()["params"]["reason"] == reason
    assert await told(db) == []


async def test_what_an_order_refers_to_must_be_the_callers_and_of_one_club(
    desk: Desk, hall: Furnished, db: Database
) -> None:
    other, foreign = await furnish(db), await furnish(db, OTHER_ORG)
    client_id = new_id()
    await Intake(db, consumers.handlers()).take([a_delivery(registered(client_id, org_id=OTHER_ORG))])
    wrong: dict[str, list[Any]] = {
        "device": [somewhere(), foreign.device.device_id],
        "tariff": [somewhere(), other.tariff.tariff_id, foreign.tariff.tariff_id],
        "client": [client_id],
    }

    for noun, ids in wrong.items():
        for one in ids:
            assert code(await desk.order(hall, **{f"{noun}_id": one})) == (404, f"{noun}_not_found")
    assert await told(db) == []


async def test_an_order_at_another_club_is_as_good_as_none(
    http: httpx.AsyncClient, issuer: Issuer, hall: Furnished, db: Database
) -> None:
    strangers: list[dict[str, Any]] = [{"clubs": [somewhere()]}, {"clubs": []}, {"org": str(OTHER_ORG)}]

    for claims in strangers:
        assert code(await Desk(http, issuer, **claims).order(hall)) == (404, "device_not_found")
    assert await told(db) == []


async def test_the_clients_name_is_on_the_session_and_on_the_tile(desk: Desk, hall: Furnished, db: Database) -> None:
    client_id = new_id()
    await Intake(db, consumers.handlers()).take([a_delivery(registered(client_id, "Ким"))])

    view = (await desk.order(hall, client_id=client_id)).json()

    board = (await desk.get(f"/v1/clubs/{hall.club.club_id}/board")).json()
    (tile,) = [tile for tile in board["devices"] if tile["device_id"] == str(hall.device.device_id)]
    assert (view["client_name"], tile["session"]["client_name"]) == ("Ким", "Ким")


async def test_an_order_never_moves_a_device_that_is_taken_out_of_service_in_the_same_instant(
    desk: Desk, hall: Furnished, db: Database
) -> None:
    """One of the two wins, whichever is first; never both."""
    path = f"/v1/devices/{hall.device.device_id}"

    order, out = await asyncio.gather(desk.order(hall), desk.patch(path, {"in_service": False}))

    assert sorted((order.status_code, out.status_code)) in ([200, 409], [201, 409])
    assert {code(answer)[1] for answer in (order, out) if answer.status_code == 409} <= {
        "device_in_use",
        "device_out_of_service",
    }


async def test_a_stored_session_is_what_was_answered(desk: Desk, hall: Furnished, db: Database) -> None:
    view = (await desk.order(hall)).json()

    session = await stored(db, await only_session(db))

    assert (str(session.session_id), session.state) == (view["session_id"], view["state"])
