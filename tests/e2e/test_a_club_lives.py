"""Stories that a manager would recognise, through the gateway alone, on whichever stack was chosen."""

import asyncio
import json
from uuid import uuid4

import httpx
import pytest

from savepoint.day import HOUR_PRICE, Club, Day, Desk, desk
from tests.e2e import stacks
from tests.e2e.stacks import Stack
from tests.e2e.stories import Till

pytestmark = pytest.mark.timeout(900)
"""Parts take their time to come back, above all on a busy machine; every wait in a story has a limit of its own."""


async def test_the_first_day_ends_with_the_audits_zeros(stack: Stack, club: Club) -> None:
    async with desk(stack.url) as anna:
        await anna.sign_in("anna", club.logins["anna"])

        async def cut_reply() -> None:
            async with httpx.AsyncClient(base_url=stack.kkm_url, trust_env=False) as kkm:
                await kkm.post("/control/faults", json={"command": "RegisterCheck", "what": "cut_after"})

        steps = [step.title async for step in Day(anna, club, cut_reply).steps()]

    assert len(steps) == 8
    found = await asyncio.to_thread(stacks.audit, stack)
    assert (found["missing"], found["double"], found["off_kopecks"]) == (0, 0, 0), found["notes"]
    assert (found["settlements"], found["documents"], found["foreign"]) == (5, 5, 0)
    assert (found["unfinished"], found["parked"]) == (0, 0)


async def test_a_part_killed_between_order_and_receipt_leaves_one_document(till: Till, stack: Stack, part: str) -> None:
    before = len(await till.documents())
    session = await till.order()
    await till.fault("delay", seconds=2)
    pressed = till.pay_in_background(session)
    await till.printing()

    await asyncio.to_thread(stack.kill, part)
    await asyncio.to_thread(stack.mend, part)

    await till.becomes(session, "paid")
    await till.session_is(session, "active")
    await pressed
    assert len(await till.documents()) == before + 1


@pytest.mark.parametrize("what", ["cut_before", "cut_after", "restart", "error_after", "garbage", "http_503"])
async def test_a_lost_answer_of_the_register_leaves_one_document(till: Till, what: str) -> None:
    before = len(await till.documents())
    session = await till.order()
    await till.fault(what)

    answer = await till.pay_in_background(session)

    sale = await till.becomes(session, "paid")
    assert answer is not None
    assert answer.status_code in (200, 202)
    documents = await till.documents()
    assert len(documents) == before + 1
    receipt = await till.anna.get(f"/fiscal/v1/receipts/{sale['receipt_id']}")
    assert receipt["document"]["fd"] == documents[-1]["number"]


async def test_a_refusing_register_gives_everything_back_and_says_its_words(till: Till) -> None:
    before = len(await till.documents())
    session = await till.order()
    await till.fault("error_before", error="Ошибка регистрации ( 33 : ККТ: неверная сумма )")

    answer = await till.pay_in_background(session)

    assert answer is not None
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    problem = answer.json()
    assert (problem["money"], problem["receipt"], problem["retry"]) == ("returning", "none", "new_key")
    assert problem["device_text"] == "Ошибка регистрации ( 33 : ККТ: неверная сумма )"
    await till.session_is(session, "refused")
    assert len(await till.documents()) == before
    await till.order()


async def test_an_unknown_receipt_starts_the_session_after_a_while_and_is_settled_later(till: Till) -> None:
    session = await till.order()
    await till.fault("hang_running", seconds=28)

    pressed = till.pay_in_background(session)

    await till.session_is(session, "active")
    sale = await till.sale(session)
    assert (sale["state"], sale["handed_over"], sale["problem"]["receipt"]) == ("fiscalising", True, "unknown")
    closing = await till.anna.send("POST", f"/billing/v1/shifts/{till.shift_id}/close", {"cash_kopecks": 0})
    assert "receipt_unconfirmed" in {one["code"] for one in closing.json()["params"]["blockers"]}
    await till.becomes(session, "paid")
    await pressed


async def test_a_receipt_that_nothing_readable_decides_is_settled_by_its_number(till: Till) -> None:
    session = await till.order()
    await till.fault("delay", seconds=2)
    await till.fault("error_after", error="Замялась бумага")
    pressed = till.pay_in_background(session)
    await till.printing()
    # When the register is read, the first answer tells its last number, and the second is the document.
    await till.kkm("POST", "/control/faults", {"command": "GetDataCheck", "what": "error_before", "after": 1})
    receipt_id = await till.set_aside(session)
    closing = await till.anna.send("POST", f"/billing/v1/shifts/{till.shift_id}/close", {"cash_kopecks": 0})
    blockers = {one["code"]: one["params"] for one in closing.json()["params"]["blockers"]}
    assert blockers["receipt_unconfirmed"]["receipt_id"] == receipt_id
    number = (await till.documents())[-1]["number"]
    settlement = f"/fiscal/v1/receipts/{receipt_id}/settlement"

    slip = await till.anna.send("POST", settlement, {"fd": number + 1})
    settled = await till.anna.post(settlement, {"fd": number, "reason": "Номер с чека"})

    assert (slip.status_code, slip.json()["code"], slip.json()["receipt"]) == (409, "document_not_found", "unknown")
    assert (settled["state"], settled["document"]["fd"]) == ("registered", number)
    assert (settled["settlement"]["state"], settled["settlement"]["said_by"]["name"]) == ("accepted", "Анна К.")
    await till.becomes(session, "paid")
    await till.session_is(session, "active")
    await pressed
    said = await till.anna.get(f"/fiscal/v1/settlements?receipt_id={receipt_id}")
    assert [(one["fd"], one["state"]) for one in said["items"]] == [(number, "accepted"), (number + 1, "refused")]


async def test_of_two_sessions_for_one_device_in_the_same_instant_one_wins(till: Till) -> None:
    order = {"device_id": till.club.devices[0], "tariff_id": till.club.tariff_id, "till_id": till.club.till_id}

    answers = await asyncio.gather(*(till.anna.send("POST", "/hall/v1/sessions", order) for _ in range(2)))

    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    till.sessions.append(won.json()["session_id"])
    assert (won.status_code, lost.status_code, lost.json()["code"]) == (201, 409, "device_held")
    assert lost.headers["content-type"] == "application/problem+json"


async def test_an_order_that_is_paid_at_once_needs_one_request(till: Till) -> None:
    tenders = [{"kind": "cash", "amount_kopecks": HOUR_PRICE, "received_kopecks": 500_00}]
    order = {"device_id": till.club.devices[1], "tariff_id": till.club.tariff_id, "till_id": till.club.till_id}

    session = await till.anna.post("/hall/v1/sessions", order | {"payment": {"tenders": tenders}})

    till.sessions.append(session["session_id"])
    assert session["state"] == "active"


async def test_the_board_and_its_stream_never_lose_a_change_between_them(till: Till, stack: Stack) -> None:
    path = f"/api/hall/v1/clubs/{till.club.club_id}"
    board = await till.anna.get(f"/hall/v1/clubs/{till.club.club_id}/board")
    tiles = {tile["device_id"]: tile for tile in board["devices"]}
    await till.order(2)
    headers = {"Authorization": f"Bearer {till.anna.token}"}

    async with till.anna.http.stream("GET", f"{path}/stream?after={board['seq']}", headers=headers) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        async for line in stream.aiter_lines():
            if line.startswith("data: "):
                tile = json.loads(line.removeprefix("data: "))
                tiles[tile["device_id"]] = tile
                break

    now = await till.anna.get(f"/hall/v1/clubs/{till.club.club_id}/board")
    assert tiles == {tile["device_id"]: tile for tile in now["devices"]}
    assert tiles[till.club.devices[2]]["state"] == "held"


async def test_the_broker_may_forget_everything_in_mid_day(till: Till, stack: Stack) -> None:
    waiting, paid = await till.order(3), await till.order(4)
    await till.fault("delay", seconds=2)
    pressed = till.pay_in_background(paid)
    await till.printing()

    await asyncio.to_thread(stack.forget_broker)

    await till.becomes(paid, "paid")
    await pressed
    await till.pay_in_background(waiting)
    await till.becomes(waiting, "paid")
    await till.session_is(waiting, "active")


async def test_a_service_that_starts_over_while_the_broker_knows_nothing_hears_everything_later(
    till: Till, stack: Stack
) -> None:
    if stack.name == "embedded":
        pytest.skip("services have no lasting names there, and start over by themselves")
    session = await till.order()

    await asyncio.to_thread(stack.forget_broker, restarted="fiscal")

    await till.pay_in_background(session)
    await till.becomes(session, "paid")
    await till.session_is(session, "active")


async def test_a_replay_changes_no_table_but_the_outbox(till: Till, stack: Stack) -> None:
    await till.clear()
    before = await stack.digest()

    done = await asyncio.to_thread(stack.savepoint, "replay", "--since", "1d")

    assert done.returncode == 0, done.stderr
    assert "billing: " in done.stdout

    async def all_sent() -> bool:
        return int((await asyncio.to_thread(stacks.audit, stack))["unsent"]) == 0

    await till.until(all_sent, "everything is sent again")
    assert await stack.digest() == before


async def test_the_shift_closes_and_the_day_adds_up(till: Till, stack: Stack) -> None:
    shift = await till.anna.get(f"/billing/v1/shifts/{till.shift_id}")

    closed = await till.anna.post(
        f"/billing/v1/shifts/{till.shift_id}/close", {"cash_kopecks": shift["expected_cash_kopecks"]}
    )

    assert (closed["state"], closed["report"]["register"]["gap_kopecks"]) == ("closed", 0)
    till.sessions.clear()
    found = await asyncio.to_thread(stacks.audit, stack)
    assert (found["clean"], found["unfinished"], found["foreign"]) == (True, 0, 0), found["notes"]


async def test_every_role_may_do_what_its_role_says(stack: Stack, owner: Desk, club: Club) -> None:
    login = f"oper{uuid4().hex[:8]}"
    member = {"login": login, "name": "Борис", "role": "operator", "clubs": [club.club_id]}
    made = await owner.post("/staff/v1/members", member, 201)
    async with desk(stack.url) as boris:
        await boris.sign_in(login, made["one_time_password"])
        password = uuid4().hex
        await boris.post("/staff/v1/password", {"old": made["one_time_password"], "new": password})
        await boris.sign_in(login, password)

        refused = await boris.send("POST", "/hall/v1/clubs", {"name": "Мой", "time_zone": "Europe/Moscow"})

        assert (refused.status_code, refused.json()["params"]["permission"]) == (403, "hall.club.manage")
