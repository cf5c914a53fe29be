"""Refunds: money of a paid sale goes back once, by a return receipt, out of an open shift or to the balance."""

import asyncio
import re
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import api
from billing.api.refund_refusals import UNREFUNDABLE
from billing.domain.paying import Kind, Tender, TenderState
from billing.domain.refund import Back, Paid, Unrefundable, back
from billing.domain.sale import Sale, State, What
from conftest import ORG, eventually
from contracts import billing, fiscal, hall
from contracts.journal import BillingAct
from contracts.money import Line
from contracts.staff import TillAdded
from kit.time import derived_id, utc_now
from services.billing.tests.builders import LIMIT_KOPECKS, TILL, Till, an_order, balance, card, cash, paid

ROOMS = Path(api.__path__[0]).parent
LINES = (
    Line(name="Игровое время", quantity=1, price_kopecks=200_01, amount_kopecks=200_01),
    Line(name="Аренда гарнитуры", quantity=3, price_kopecks=33_33, amount_kopecks=99_99),
)


async def sold(till: Till, *tenders: Any, client_id: str | None = None, over: bool = True, **changes: Any) -> str:
    """A session for 300.00 that is paid, and over; its sale's id."""
    order = an_order(client_id=client_id, payment=paid(*tenders), lines=LINES, **changes)
    await till.hears(order)
    await till.registered(str(order.sale_id))
    if over:
        ours = {name: getattr(order, name) for name in ("org_id", "session_id", "sale_id", "club_id", "device_id")}
        known: dict[str, Any] = {"device_name": "PC-07", "ended_at": utc_now(), "cause": "hand", "unused_s": 100}
        await till.hears(hall.SessionEnded(**ours, **known))
    return str(order.sale_id)


async def topped_up(till: Till, client_id: str, *tenders: dict[str, Any]) -> str:
    sale = await till.post("/v1/top-ups", {"client_id": client_id, "till_id": str(TILL), "tenders": list(tenders)})
    sale_id = str(sale.json()["sale_id"])
    await till.registered(sale_id)
    return sale_id


async def gives(till: Till, sale_id: str, amount: int | None = None, key: str | None = None, **changes: Any) -> Any:
    body = {"amount_kopecks": amount, "to": "origin", "reason": "не работал ПК", "till_id": str(TILL)} | changes
    prefer = {"Prefer": body.pop("prefer")} if "prefer" in body else {}
    return await till.post(f"/v1/sales/{sale_id}/refunds", body, key, **prefer)


async def begun(till: Till, sale_id: str, amount: int | None = None, **changes: Any) -> str:
    answer = await gives(till, sale_id, amount, **changes)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["refund_id"])


async def quoted(till: Till, sale_id: str, amount: int | None = None, to: str = "origin") -> Any:
    answer = await till.post(f"/v1/sales/{sale_id}/refunds/quote", {"amount_kopecks": amount, "to": to})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def sums(till: Till) -> dict[str, int]:
    """Every account's sum, by the kind of account; those of the database's own keeping agree."""
    kept = [row for row in await till.rows("select account, balance_kopecks from account order by 1") if row[1]]
    theirs = "account ~ '^(client|held|bonus|bonus_held):' group by 1 order by 1"
    query = f"select account, sum(amount_kopecks)::bigint from posting where {theirs}"
    assert kept == [row for row in await till.rows(query) if row[1]]
    by_kind = "select split_part(account, ':', 1), sum(amount_kopecks)::bigint from posting group by 1"
    return {name: total for name, total in await till.rows(by_kind) if total}


async def test_a_session_paid_in_three_ways_goes_back_the_way_it_came(till: Till) -> None:
    shift_id = await till.a_shift()
    client_id = await till.a_client(100_00)
    sale_id = await sold(till, balance(100_00), card(50_00), cash(150_00), client_id=client_id)
    before = (await till.get(f"/v1/shifts/{shift_id}"))["expected_cash_kopecks"]
    quote = await quoted(till, sale_id)

    refund_id = await begun(till, sale_id)
    during = await till.get(f"/v1/refunds/{refund_id}")
    (order,) = await till.told(fiscal.ReturnReceipt)
    await till.registered(refund_id)
    after = await till.get(f"/v1/refunds/{refund_id}")

    tenders = [("balance", 100_00), ("card", 50_00), ("cash", 150_00)]
    assert [(one["kind"], one["amount_kopecks"]) for one in quote["tenders"]] == tenders
    assert (quote["refundable_kopecks"], quote["needs_approval"], quote["refused"]) == (300_00, False, None)
    assert (during["state"], after["state"], after["reason"]) == ("fiscalising", "refunded", "не работал ПК")
    assert sorted((one["kind"], one["amount_kopecks"]) for one in after["tenders"]) == tenders
    assert (order.purpose, order.cash_kopecks, order.card_kopecks, order.balance_kopecks) == (
        "settlement",
        150_00,
        50_00,
        100_00,
    )
    assert (order.receipt_id, order.returned_receipt_id) == (
        derived_id("receipt", refund_id, 1),
        derived_id("receipt", sale_id, 1),
    )
    assert order.lines == LINES
    (told,) = await till.told(billing.SaleRefunded)
    assert (str(told.sale_id), str(told.refund_id), told.refunded_kopecks) == (sale_id, refund_id, 300_00)
    assert await sums(till) == {"client": 100_00, "cash": -100_00}
    shift = await till.get(f"/v1/shifts/{shift_id}")
    assert (before, shift["expected_cash_kopecks"]) == (2250_00, 2100_00)
    assert shift["taken"] == {"cash_kopecks": 100_00, "card_kopecks": 0, "balance_kopecks": 0}
    assert [one["refund_id"] for one in await till.get(f"/v1/sales/{sale_id}/refunds")] == [refund_id]
    (club,) = await till.get("/v1/shifts/summary")
    assert (club["revenue_kopecks"], club["refunds_kopecks"]) == (300_00, 300_00)


async def test_parts_go_back_until_nothing_is_left_and_their_lines_add_up(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client(50_00)
    sale_id = await sold(till, balance(50_00), cash(250_00), client_id=client_id)
    seen: list[tuple[int, list[int], list[tuple[str, int]]]] = []
    for amount in (100_01, 99_99, None):
        refund_id = await begun(till, sale_id, amount)
        await till.registered(refund_id)
        refund = await till.get(f"/v1/refunds/{refund_id}")
        lines = [line["amount_kopecks"] for line in refund["lines"]]
        assert sum(lines) == refund["amount_kopecks"]
        given_ = sorted((one["kind"], one["amount_kopecks"]) for one in refund["tenders"])
        seen.append((refund["amount_kopecks"], lines, given_))

    assert [one[0] for one in seen] == [100_01, 99_99, 100_00]
    assert [one[2] for one in seen] == [[("balance", 50_00), ("cash", 50_01)], [("cash", 99_99)], [("cash", 100_00)]]
    assert [sum(one[1][place] for one in seen) for place in (0, 1)] == [200_01, 99_99]
    partial = (await till.told(fiscal.ReturnReceipt))[0].lines
    assert all(line.quantity == 1 and line.price_kopecks == line.amount_kopecks for line in partial)
    again = await gives(till, sale_id, 1)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_refund")
    assert await sums(till) == {"client": 50_00, "cash": -50_00}


async def test_money_goes_to_the_balance_where_the_guest_wants_it(till: Till) -> None:
    shift_id = await till.a_shift()
    client_id = await till.a_client()
    sale_id = await sold(till, cash(300_00), client_id=client_id)

    refund_id = await begun(till, sale_id, 200_00, to="balance")
    assert (await till.get(f"/v1/clients/{client_id}"))["balance_kopecks"] == 0
    await till.registered(refund_id)

    (order,) = await till.told(fiscal.ReturnReceipt)
    assert (order.cash_kopecks, order.card_kopecks, order.balance_kopecks) == (0, 0, 200_00)
    assert (await till.get(f"/v1/clients/{client_id}"))["balance_kopecks"] == 200_00
    assert (await till.get(f"/v1/shifts/{shift_id}"))["expected_cash_kopecks"] == 2300_00
    rows = (await till.get(f"/v1/clients/{client_id}/operations"))["items"]
    shown = {name: rows[0][name] for name in ("kind", "amount_kopecks", "sale_id", "note", "receipt_id")}
    receipt_id = str(derived_id("receipt", refund_id, 1))
    assert shown == {
        "kind": "refund",
        "amount_kopecks": 200_00,
        "sale_id": sale_id,
        "note": "не работал ПК",
        "receipt_id": receipt_id,
    }
    rest = await quoted(till, sale_id)
    assert [(one["kind"], one["amount_kopecks"]) for one in rest["tenders"]] == [("cash", 100_00)]


async def test_a_top_up_goes_back_as_an_advance_and_cannot_be_spent_meanwhile(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client()
    sale_id = await topped_up(till, client_id, {"kind": "cash", "amount_kopecks": 500_00})
    spent = await sold(till, balance(300_00), client_id=client_id)
    quote = await quoted(till, sale_id)
    assert (quote["refundable_kopecks"], quote["amount_kopecks"]) == (200_00, 200_00), "no more than is left"

    refund_id = await begun(till, sale_id)
    held = await till.get(f"/v1/clients/{client_id}")
    await till.registered(refund_id)

    assert (held["balance_kopecks"], held["held_kopecks"]) == (0, 200_00)
    (order,) = await till.told(fiscal.ReturnReceipt)
    assert (order.purpose, order.cash_kopecks, order.lines[0].subject) == ("advance", 200_00, "advance")
    assert await sums(till) == {"cash": -300_00, "revenue": 300_00}
    assert (await till.get("/v1/shifts/summary"))[0]["refunds_kopecks"] == 0, "it was never sold"
    assert (await quoted(till, spent))["refundable_kopecks"] == 300_00


@pytest.mark.parametrize("top_up", [True, False])
async def test_a_refused_return_receipt_gives_nothing_back_and_says_so(till: Till, top_up: bool) -> None:
    shift_id = await till.a_shift()
    client_id = await till.a_client()
    sale_id = await topped_up(till, client_id, {"kind": "cash", "amount_kopecks": 300_00}) if top_up else None
    sale_id = sale_id or await sold(till, cash(300_00), client_id=client_id)
    before = await sums(till)
    pressing = asyncio.create_task(gives(till, sale_id, prefer="wait=20"))
    await eventually(lambda: till.told(fiscal.ReturnReceipt))

    refund_id = (await till.rows("select sale_id::text from sale where refund_of is not null"))[0][0]
    refused = till.receipt(fiscal.ReceiptRefused, refund_id, code="no_paper", device_text="Нет бумаги")
    await till.hears(refused)
    await till.hears(type(refused).model_validate(refused.model_dump()))

    answer = await pressing
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["money"]) == (409, "no_paper", "none")
    assert (problem["device_text"], "give nothing back" in problem["detail"]) == ("Нет бумаги", True)
    assert await sums(till) == before
    assert await till.told(billing.SaleRefunded) == await till.told(billing.SaleFailed) == []
    assert (await till.get(f"/v1/shifts/{shift_id}"))["expected_cash_kopecks"] == 2300_00
    assert (await till.get(f"/v1/refunds/{refund_id}"))["state"] == "failed"
    again = await begun(till, sale_id)
    await till.registered(again)
    assert (await till.get(f"/v1/refunds/{again}"))["state"] == "refunded"


async def test_an_unknown_return_receipt_holds_everything_until_it_is_known(till: Till) -> None:
    shift_id = await till.a_shift()
    client_id = await till.a_client()
    sale_id = await topped_up(till, client_id, {"kind": "cash", "amount_kopecks": 300_00})
    refund_id = await begun(till, sale_id)

    await till.hears(till.receipt(fiscal.ReceiptUnknown, refund_id, since=utc_now()))
    refund = await till.get(f"/v1/refunds/{refund_id}")
    second = await gives(till, sale_id, 1)
    closing = await till.post(f"/v1/shifts/{shift_id}/close", {"cash_kopecks": 2300_00})

    assert (refund["state"], refund["problem"]["code"], refund["problem"]["money"]) == (
        "fiscalising",
        "receipt_unknown",
        "none",
    )
    assert (second.status_code, second.json()["code"]) == (409, "nothing_to_refund")
    (blocker,) = closing.json()["params"]["blockers"]
    assert (blocker["code"], blocker["link"]) == ("receipt_unconfirmed", f"/api/billing/v1/refunds/{refund_id}")
    assert await sums(till) == {"held": 300_00, "cash": -300_00}
    registered = till.receipt(fiscal.ReceiptRegistered, refund_id, document=None)
    await till.hears(registered)
    await till.hears(type(registered).model_validate(registered.model_dump()))
    assert await sums(till) == {}
    assert len(await till.told(billing.SaleRefunded)) == 1


async def test_of_refunds_in_the_same_instant_one_gives_the_money_back(till: Till) -> None:
    await till.a_shift()
    sale_id = await sold(till, cash(300_00))

    answers = await asyncio.gather(*(gives(till, sale_id, 200_00) for _ in range(4)))

    assert sorted(one.status_code for one in answers) == [202, 409, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"refund_too_high"}
    assert len(await till.told(fiscal.ReturnReceipt)) == 1


async def test_a_top_up_is_not_given_back_and_spent_in_the_same_instant(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client()
    sale_id = await topped_up(till, client_id, {"kind": "card", "amount_kopecks": 300_00})
    order = an_order(client_id=client_id)
    await till.hears(order)
    pay = {"tenders": [{"kind": "balance", "amount_kopecks": 300_00}]}

    answers = await asyncio.gather(gives(till, sale_id), till.post(f"/v1/sales/{order.sale_id}/payment", pay))

    assert sorted(one.status_code for one in answers) == [202, 409]
    assert (await sums(till)).get("held") == 300_00


async def test_refunds_in_the_same_instant_do_not_give_more_than_the_drawer_holds(till: Till) -> None:
    before = await till.a_shift()
    sold_before = [await sold(till, cash(300_00)) for _ in range(3)]
    await till.post(f"/v1/shifts/{before}/close", {"cash_kopecks": 2900_00})
    await till.z_report(before)
    assert (await till.post("/v1/shifts", {"till_id": str(TILL), "float_kopecks": 500_00})).status_code == 201

    answers = await asyncio.gather(*(gives(till, sale_id) for sale_id in sold_before))

    assert sorted(one.status_code for one in answers) == [202, 409, 409]
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"drawer_too_low"}


async def test_a_drawer_that_holds_too_little_is_named(till: Till) -> None:
    sale_shift = await till.a_shift()
    sale_id = await sold(till, cash(300_00))
    await till.post(f"/v1/shifts/{sale_shift}/close", {"cash_kopecks": 2300_00})
    await till.z_report(sale_shift)
    assert (await till.post("/v1/shifts", {"till_id": str(TILL), "float_kopecks": 299_99})).status_code == 201

    answer = await gives(till, sale_id)

    assert (answer.status_code, answer.json()["code"]) == (409, "drawer_too_low")
    assert answer.json()["params"]["drawer_kopecks"] == 299_99
    refund_id = await begun(till, sale_id, 200_00)
    second = await gives(till, sale_id, 100_00)
    assert second.json()["code"] == "drawer_too_low", "what is being given back is not there any more"
    await till.registered(refund_id)
    shift = await till.get("/v1/shifts/current", till_id=str(TILL))
    assert (shift["expected_cash_kopecks"], shift["taken"]["cash_kopecks"]) == (99_99, -200_00)


async def test_what_cannot_go_back_is_refused_with_a_reason_that_the_quote_knows(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client()
    playing = await sold(till, cash(300_00), over=False)
    guests, top_up = (
        await sold(till, cash(300_00)),
        await topped_up(till, client_id, {"kind": "cash", "amount_kopecks": 100_00}),
    )
    order = an_order()
    await till.hears(order)
    cases = [
        (playing, None, "origin", "session_not_over"),
        (str(order.sale_id), None, "origin", "sale_not_paid"),
        (guests, 300_01, "origin", "refund_too_high"),
        (guests, None, "balance", "refund_not_to_balance"),
        (top_up, None, "balance", "refund_not_to_balance"),
    ]

    for sale_id, amount, to, code in cases:
        answer = await gives(till, sale_id, amount, to=to)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert (await quoted(till, sale_id, amount, to))["refused"] == code

    assert await till.told(fiscal.ReturnReceipt) == []


async def sold_above_the_limit(till: Till) -> str:
    """A sale of more than one person may give back, over and paid."""
    await till.a_shift()
    line = Line(name="Турнир", quantity=1, price_kopecks=LIMIT_KOPECKS + 1, amount_kopecks=LIMIT_KOPECKS + 1)
    order = an_order(payment=paid(cash(LIMIT_KOPECKS + 1)), lines=(line,))
    await till.hears(order)
    await till.registered(str(order.sale_id))
    ours = {name: getattr(order, name) for name in ("org_id", "session_id", "sale_id", "club_id", "device_id")}
    await till.hears(hall.SessionEnded(**ours, device_name="PC-07", ended_at=utc_now(), cause="time", unused_s=0))
    return str(order.sale_id)


def approved(till: Till, sale_id: str, **changes: Any) -> dict[str, str]:
    """What staff signs when Boris enters his PIN for Anna's refund."""
    claims: dict[str, Any] = {
        "aud": "savepoint-proof",
        "act": "billing.refund",
        "subject": sale_id,
        "amount_kopecks": LIMIT_KOPECKS + 1,
        "by": {"member_id": str(uuid4()), "name": "Борис"},
        "jti": str(uuid4()),
    }
    return {"Savepoint-Proof": till.issuer.token(**(claims | changes))}


async def test_above_the_limit_a_second_persons_proof_lets_it_go_once(till: Till) -> None:
    sale_id = await sold_above_the_limit(till)
    path, body = f"/v1/sales/{sale_id}/refunds", {"amount_kopecks": None, "reason": "турнира не было"}
    body |= {"till_id": str(TILL), "to": "origin"}
    for wrong in ({"amount_kopecks": LIMIT_KOPECKS}, {"subject": str(uuid4())}, {"act": "billing.other"}):
        refused = await till.post(path, body, None, **approved(till, sale_id, **wrong))
        assert (refused.status_code, refused.json()["code"]) == (403, "proof_wrong")
    assert await till.told(fiscal.ReturnReceipt) == []

    done = await till.post(path, body, None, **approved(till, sale_id))

    assert done.status_code == 202, done.text
    (act,) = [one for one in await till.told(BillingAct) if one.act == "billing.sale.refunded"]
    assert act.subject == sale_id
    assert act.after["approved_by"] == "Борис"
    assert (act.after["amount_kopecks"], act.reason) == (LIMIT_KOPECKS + 1, "турнира не было")


async def test_above_the_limit_a_second_person_has_to_agree_however_it_is_parted(till: Till) -> None:
    sale_id = await sold_above_the_limit(till)
    quote = await quoted(till, sale_id)
    assert (quote["needs_approval"], quote["limit_kopecks"]) == (True, LIMIT_KOPECKS)

    whole = await gives(till, sale_id)
    await begun(till, sale_id, LIMIT_KOPECKS)
    rest = await gives(till, sale_id, 1)

    for answer in (whole, rest):
        assert (answer.status_code, answer.json()["code"]) == (409, "approval_needed")


async def test_a_refund_needs_an_open_shift_of_the_clubs_own_till(till: Till) -> None:
    shift_id = await till.a_shift()
    sale_id = await sold(till, cash(300_00))
    other_club, other_till = uuid4(), uuid4()
    await till.hears(TillAdded(org_id=ORG, club_id=other_club, till_id=other_till, name="Стойка", at=utc_now()))
    closed = await gives(till, sale_id, till_id=str(other_till))
    assert (closed.status_code, closed.json()["code"]) == (409, "no_open_shift")
    await till.post("/v1/shifts", {"till_id": str(other_till), "float_kopecks": 1000_00})

    elsewhere = await gives(till, sale_id, till_id=str(other_till))
    await till.post(f"/v1/shifts/{shift_id}/close", {"cash_kopecks": 2300_00})
    closing = await gives(till, sale_id)

    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "refund_in_another_club")
    assert (closing.status_code, closing.json()["code"]) == (409, "shift_closing")


async def test_a_refund_pressed_for_twice_is_one(till: Till) -> None:
    await till.a_shift()
    sale_id = await sold(till, cash(300_00))

    first, second = [await gives(till, sale_id, 100_00, key="one-press") for _ in range(2)]

    assert (first.status_code, second.status_code, first.json()) == (202, 202, second.json())
    assert len(await till.told(fiscal.ReturnReceipt)) == 1


async def test_what_bonuses_paid_for_does_not_go_back(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client()
    await till.post(f"/v1/clients/{client_id}/bonuses", {"amount_kopecks": 90_00, "reason": "x"})
    order = an_order(client_id=client_id, lines=LINES, bonus_cap_percent=30)
    await till.hears(order)
    await till.post(f"/v1/sales/{order.sale_id}/payment", paid(cash(210_00)) | {"bonus_kopecks": 90_00})
    await till.registered(str(order.sale_id))
    ours = {name: getattr(order, name) for name in ("org_id", "session_id", "sale_id", "club_id", "device_id")}
    await till.hears(hall.SessionEnded(**ours, device_name="PC-07", ended_at=utc_now(), cause="time", unused_s=0))

    refund_id = await begun(till, str(order.sale_id))
    await till.registered(refund_id)

    (receipt,) = await till.told(fiscal.ReturnReceipt)
    assert [(one.price_kopecks, one.amount_kopecks) for one in receipt.lines] == [(200_01, 140_01), (33_33, 69_99)]
    assert await sums(till) == {"bonus_issued": -90_00, "bonus_spent": 90_00}


async def test_a_refund_is_no_sale_of_a_list_and_of_the_callers_org_alone(till: Till) -> None:
    await till.a_shift()
    sale_id = await sold(till, cash(300_00))
    refund_id = await begun(till, sale_id)
    listed = (await till.get("/v1/sales"))["items"]
    assert [one["sale_id"] for one in listed] == [sale_id]
    path, key = f"/v1/sales/{sale_id}/refunds", {"Idempotency-Key": "k"}
    body = {"reason": "x", "till_id": str(TILL)}

    for claims in ({"org": str(UUID(int=9))}, {"clubs": [str(uuid4())]}):
        other = till.issuer.header("billing.refund.take", "billing.sale.read", **claims)
        assert (await till.http.post(path, json=body, headers=other | key)).status_code == 404
        assert (await till.http.post(f"{path}/quote", json={}, headers=other)).status_code == 404
        assert (await till.http.get(f"/v1/refunds/{refund_id}", headers=other)).status_code == 404
    without = await till.http.post(path, json=body, headers=till.issuer.header("billing.sale.pay") | key)
    assert (without.status_code, without.json()["params"]["permission"]) == (403, "billing.refund.take")
    refund_of_refund = await gives(till, refund_id)
    assert (refund_of_refund.status_code, refund_of_refund.json()["code"]) == (404, "sale_not_found")


@pytest.mark.parametrize("wrong", [{"amount_kopecks": 0}, {"amount_kopecks": "1"}, {"to": "card"}, {"reason": " "}])
async def test_a_refund_of_nonsense_is_refused(till: Till, wrong: dict[str, Any]) -> None:
    await till.a_shift()
    sale_id = await sold(till, cash(300_00))

    body = {"amount_kopecks": 1, "to": "origin", "reason": "x", "till_id": str(TILL)} | wrong
    assert (await till.post(f"/v1/sales/{sale_id}/refunds", body)).status_code == 422


def test_every_reason_has_words() -> None:
    source = "".join(path.read_text() for path in ROOMS.rglob("*.py"))
    assert set(re.findall(r'Unrefundable\(\s*"(\w+)"', source)) == set(UNREFUNDABLE)


AMOUNT = st.integers(0, 500_00)


@given(st.lists(AMOUNT, min_size=1, max_size=6), st.data())
def test_however_it_is_parted_a_sale_goes_back_line_by_line_and_tender_by_tender_once(
    lines: list[int], data: st.DataObject
) -> None:
    total = sum(lines)
    earlier: list[Back] = []
    by_balance = data.draw(st.integers(0, total))
    by_card = data.draw(st.integers(0, total - by_balance))
    amounts = {Kind.BALANCE: by_balance, Kind.CARD: by_card, Kind.CASH: total - by_balance - by_card}
    tenders = tuple(Tender(kind, amount, amount, state=TenderState.TAKEN) for kind, amount in amounts.items() if amount)
    sale = Sale(UUID(int=1), What.SESSION, total, utc_now(), UUID(int=2), state=State.PAID, tenders=tenders)
    for left in (4, 3, 2, 1, 0):
        known = Paid(sale, tuple(lines), earlier)
        if known.refundable_kopecks == 0:
            break
        wanted = data.draw(st.integers(1, known.refundable_kopecks)) if left else known.refundable_kopecks
        given_ = back(known, wanted, to_balance=data.draw(st.booleans()))
        assert given_.total_kopecks == sum(amount for _, amount in given_.tenders) == wanted
        assert all(amount >= 0 for amount in given_.lines_kopecks)
        earlier = [*earlier, given_]

    assert [sum(one.lines_kopecks[place] for one in earlier) for place in range(len(lines))] == lines
    with pytest.raises(Unrefundable, match="nothing_to_refund"):
        back(Paid(sale, tuple(lines), earlier), None, to_balance=False)
    cash_back = sum(amount for one in earlier for kind, amount in one.tenders if kind is Kind.CASH)
    assert cash_back <= amounts[Kind.CASH]


def test_nothing_more_goes_back_of_what_went_back() -> None:
    sale = Sale(UUID(int=1), What.SESSION, 100, utc_now(), UUID(int=2), state=State.PAID)
    with pytest.raises(Unrefundable) as why:
        back(Paid(sale, (100,), [Back((60,), ((Kind.CASH, 60),))]), 41, to_balance=False)

    assert (why.value.code, why.value.params["refundable_kopecks"]) == ("refund_too_high", 40)
