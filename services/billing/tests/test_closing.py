"""What a till's close says of the register: compared with it, or why not."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from conftest import ORG
from contracts import billing, fiscal, hall
from contracts.fiscal import Totals
from contracts.journal import BillingAct
from kit.time import utc_now
from services.billing.tests.builders import CLUB, DIFFERENCE_KOPECKS, REGISTER, Till, a_document, an_order, cash


async def a_counted_shift(till: Till) -> str:
    """A shift that took 300.00 in cash, is counted and waits for the register."""
    shift_id = await till.a_shift()
    order = an_order(payment={"tenders": [cash(300_00).model_dump()]})
    await till.hears(order)
    await till.registered(str(order.sale_id))
    ours: dict[str, Any] = {name: getattr(order, name) for name in ("session_id", "sale_id", "club_id", "device_id")}
    ended = hall.SessionEnded(
        org_id=ORG, **ours, device_name=order.device_name, ended_at=utc_now(), cause="time", unused_s=0
    )
    await till.hears(ended)
    answer = await till.post(f"/v1/shifts/{shift_id}/close", {"cash_kopecks": 2300_00})
    assert answer.status_code == 202, answer.text
    return shift_id


async def closed(till: Till, shift_id: str, **said: Any) -> tuple[dict[str, Any], billing.ShiftClosed]:
    """What the report says of the register, and what was told, after the register's close."""
    ours = {"org_id": ORG, "club_id": CLUB, "register_id": REGISTER, "shift_id": UUID(shift_id), "at": utc_now()}
    await till.hears(fiscal.ShiftClosed(**ours, **said))
    (told,) = await till.told(billing.ShiftClosed)
    report: dict[str, Any] = (await till.get(f"/v1/shifts/{shift_id}"))["report"]["register"]
    return report, told


def takings(receipts: int, cash_kopecks: int) -> Totals:
    return Totals(receipts=receipts, cash_kopecks=cash_kopecks, card_kopecks=0, advance_kopecks=0)


CLOSED_BEFORE = [(1, 300_00, 0, "even"), (1, 250_00, -50_00, "differs"), (0, 0, -300_00, "differs")]


@pytest.mark.parametrize(("receipts", "cash_kopecks", "gap_kopecks", "outcome"), CLOSED_BEFORE)
async def test_a_till_is_compared_also_where_the_registers_shift_was_closed_before(
    till: Till, receipts: int, cash_kopecks: int, gap_kopecks: int, outcome: str
) -> None:
    """By the close of another till, or by the rotation of a shift that got old: there is no document then."""
    shift_id = await a_counted_shift(till)

    report, told = await closed(till, shift_id, number=4, document=None, totals=takings(receipts, cash_kopecks))

    assert (report["state"], report["gap_kopecks"]) == ("compared", gap_kopecks)
    assert (told.outcome, told.register_gap_kopecks) == (outcome, gap_kopecks)


async def test_a_z_report_that_equals_our_books_is_even(till: Till) -> None:
    shift_id = await a_counted_shift(till)

    report, told = await closed(till, shift_id, number=4, document=a_document(9), totals=takings(1, 300_00))

    assert (report["state"], report["gap_kopecks"], told.outcome) == ("compared", 0, "even")


async def test_a_club_without_a_register_says_that_nothing_was_compared(till: Till) -> None:
    shift_id = await a_counted_shift(till)

    report, told = await closed(till, shift_id, number=None, document=None, totals=takings(0, 0))

    assert (report["state"], report["gap_kopecks"], report["unexplained_kopecks"]) == ("no_register", None, None)
    assert told.register_gap_kopecks == 0


def agreed(till: Till, shift_id: str, **changes: Any) -> dict[str, str]:
    """What staff signs when the owner enters a PIN for Anna's count."""
    claims: dict[str, Any] = {
        "aud": "savepoint-proof",
        "act": "billing.difference",
        "subject": shift_id,
        "amount_kopecks": DIFFERENCE_KOPECKS + 1,
        "by": {"member_id": str(uuid4()), "name": "Ольга"},
        "jti": str(uuid4()),
    }
    return {"Savepoint-Proof": till.issuer.token(**(claims | changes))}


async def test_a_difference_up_to_the_limit_needs_a_reason_alone(till: Till) -> None:
    shift_id = await till.a_shift()
    counted = {"cash_kopecks": 2000_00 - DIFFERENCE_KOPECKS, "reason": "недостача"}

    answer = await till.post(f"/v1/shifts/{shift_id}/close", counted)

    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("sign", [1, -1])
async def test_above_the_limit_somebody_above_has_to_agree_and_is_in_the_journal(till: Till, sign: int) -> None:
    shift_id = await till.a_shift()
    counted = {"cash_kopecks": 2000_00 + sign * (DIFFERENCE_KOPECKS + 1), "reason": "недостача"}
    path = f"/v1/shifts/{shift_id}/close"

    refused = await till.post(path, counted)
    assert (refused.status_code, refused.json()["code"]) == (409, "difference_too_big")
    assert refused.json()["params"]["amount_kopecks"] == DIFFERENCE_KOPECKS + 1
    for wrong in ({"amount_kopecks": DIFFERENCE_KOPECKS}, {"subject": str(uuid4())}, {"act": "billing.refund"}):
        assert (await till.post(path, counted, None, **agreed(till, shift_id, **wrong))).json()["code"] == "proof_wrong"

    closing = await till.post(path, counted, None, **agreed(till, shift_id))

    assert closing.status_code == 202, closing.text
    (act,) = [one for one in await till.told(BillingAct) if one.act == "billing.shift.closed"]
    assert act.after["approved_by"] == "Ольга"


async def test_a_club_that_counts_blind_says_so_with_its_shift(till: Till) -> None:
    shift_id = await till.a_shift()
    club = {"org_id": ORG, "club_id": CLUB, "name": "Лиговский", "time_zone": "Europe/Moscow"}

    await till.hears(hall.ClubChanged(**club, start_on_unknown_receipt=True, blind_count=True))

    shift = await till.get(f"/v1/shifts/{shift_id}")
    assert (shift["blind_count"], shift["difference_limit_kopecks"]) == (True, DIFFERENCE_KOPECKS)
