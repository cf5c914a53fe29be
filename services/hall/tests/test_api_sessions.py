"""Sessions over HTTP: waiting for the payment, ending, lists."""

import asyncio
from typing import Any

import httpx
import pytest

from conftest import Issuer
from hall import consumers
from hall.domain.session import Session
from kit.consume import Intake
from kit.db import Database
from kit.time import new_id
from services.hall.tests.builders import (
    Furnished,
    a_delivery,
    cancelled,
    failed,
    furnish,
    only_session,
    ordered,
    paid,
    started,
    told,
    unconfirmed,
)
from services.hall.tests.desk import CASH, Desk, code, somewhere


@pytest.fixture
def desk(http: httpx.AsyncClient, issuer: Issuer) -> Desk:
    return Desk(http, issuer)


async def test_an_order_with_a_payment_and_no_wish_to_wait_is_accepted(desk: Desk, hall: Furnished) -> None:
    answer = await desk.order(hall, payment=CASH)

    assert (answer.status_code, answer.json()["state"]) == (202, "ordered")
    assert answer.headers["Location"] == f"/v1/sessions/{answer.json()['session_id']}"


@pytest.mark.parametrize("fact", [paid, unconfirmed])
async def test_an_order_that_waits_answers_200_once_the_session_runs(
    desk: Desk, hall: Furnished, db: Database, fact: Any
) -> None:
    waiting = asyncio.create_task(desk.order(hall, key="one", prefer="wait=20", payment=CASH))
    session = await only_session(db)
    assert code(await desk.order(hall, key="one", payment=CASH)) == (409, "still_running")

    await Intake(db, consumers.handlers()).take([a_delivery(fact(session))])

    answer = await waiting
    assert (answer.status_code, answer.json()["state"]) == (200, "active")
    assert answer.json()["ends_at"] is not None
    again = await desk.order(hall, key="one", payment=CASH)
    assert (again.status_code, again.json()) == (200, answer.json())


async def test_an_order_whose_sale_fails_answers_409_with_all_that_the_desk_must_know(
    desk: Desk, hall: Furnished, db: Database
) -> None:
    waiting = asyncio.create_task(desk.order(hall, key="one", prefer="wait=20", payment=CASH))
    session = await only_session(db)

    await Intake(db, consumers.handlers()).take([a_delivery(failed(session))])

    answer = await waiting
    assert code(answer) == (409, "register_paper_out")
    problem = answer.json()
    assert {name: problem[name] for name in ("money", "receipt", "device_text", "retry", "params")} == {
        "money": "returning",
        "receipt": "none",
        "device_text": "Нет бумаги",
        "retry": "new_key",
        "params": {"session_id": str(session.session_id), "sale_id": str(session.sale_id)},
    }
    assert answer.headers["Location"] == f"/v1/sessions/{session.session_id}"
    again = await desk.order(hall, key="one", payment=CASH)
    assert (code(again), again.json()) == ((409, "register_paper_out"), problem)
    assert (await desk.order(hall, key="two", payment=CASH)).status_code == 202


async def test_an_order_whose_sale_is_cancelled_says_so(desk: Desk, hall: Furnished, db: Database) -> None:
    waiting = asyncio.create_task(desk.order(hall, prefer="wait=20", payment=CASH))
    session = await only_session(db)

    await Intake(db, consumers.handlers()).take([a_delivery(cancelled(session))])

    answer = await waiting
    assert (code(answer), answer.json()["money"]) == ((409, "sale_cancelled"), "none")


async def test_an_order_that_waited_in_vain_answers_202(desk: Desk, hall: Furnished) -> None:
    answer = await desk.order(hall, prefer="wait=1", payment=CASH)

    assert (answer.status_code, answer.json()["state"]) == (202, "ordered")


async def test_a_session_is_ended_by_hand_with_a_reason(desk: Desk, hall: Furnished, db: Database) -> None:
    session = await started(db, hall)

    answer = await desk.post(f"/v1/sessions/{session.session_id}/end", {"reason": "Гость ушёл"})

    view = answer.json()
    assert (answer.status_code, view["state"], view["cause"]) == (200, "ended", "hand")
    assert (view["end_reason"], view["ended_by"]["name"]) == ("Гость ушёл", "Анна К.")
    assert session.paid_s - 60 < view["unused_s"] <= session.paid_s
    assert await told(db) == ["session.ended"]
    assert (await desk.get(f"/v1/clubs/{hall.club.club_id}/board")).json()["counts"]["free"] == 3


async def test_a_session_ends_once_and_only_after_it_started(desk: Desk, hall: Furnished, db: Database) -> None:
    waits, runs = await ordered(db, hall), await started(db, hall, hall.devices[1])

    async def end(session: Session) -> httpx.Response:
        return await desk.post(f"/v1/sessions/{session.session_id}/end", {"reason": "Гость ушёл"})

    assert code(await end(waits)) == (409, "session_not_started")
    await Intake(db, consumers.handlers()).take([a_delivery(failed(waits))])
    assert code(await end(waits)) == (409, "session_not_started")
    answers = await asyncio.gather(*(end(runs) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert {code(answer) for answer in answers if answer.status_code == 409} == {(409, "session_already_ended")}
    assert (await told(db)).count("session.ended") == 1


async def test_sessions_are_listed_by_club_client_and_state(desk: Desk, hall: Furnished, db: Database) -> None:
    client_id, other = new_id(), await furnish(db)
    first = await ordered(db, hall, hall.devices[0], client_id=client_id)
    second = await started(db, hall, hall.devices[1])
    third = await started(db, other)

    async def listed(**query: Any) -> list[str]:
        return [item["session_id"] for item in (await desk.get("/v1/sessions", **query)).json()["items"]]

    ids = [str(session.session_id) for session in (first, second, third)]
    assert await listed() == ids[::-1]
    assert await listed(club_id=hall.club.club_id) == [ids[1], ids[0]]
    assert await listed(client_id=client_id) == [ids[0]]
    assert await listed(state="active", club_id=hall.club.club_id) == [ids[1]]
    assert await listed(club_id=somewhere()) == []
    page = (await desk.get("/v1/sessions", limit=2)).json()
    assert await listed(limit=2, cursor=page["next"]) == [ids[0]]


async def test_sessions_of_other_clubs_are_not_listed(
    http: httpx.AsyncClient, issuer: Issuer, hall: Furnished, db: Database
) -> None:
    await ordered(db, hall)
    desk = Desk(http, issuer, clubs=[somewhere()])

    for query in ({}, {"club_id": str(hall.club.club_id)}):
        assert (await desk.get("/v1/sessions", **query)).json() == {"items": [], "next": None}
