"""The words for the desk: every reason has its own, and they fit what is to be done."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

import billing
from billing.api.refusals import FAILED, UNPAID, UNPAYABLE, WAITING, problem_of
from billing.domain.sale import Receipt, Sale, State, What
from services.billing.tests.builders import Till, an_order, cash

OPEN = Sale(UUID(int=1), What.SESSION, 300_00, datetime(2026, 11, 23, 12, tzinfo=UTC) + timedelta(minutes=10))
ROOMS = Path(billing.__path__[0])


def detail_of(sale: Sale) -> str:
    problem = problem_of(sale)
    assert problem is not None
    return str(problem["detail"])


def test_every_reason_not_to_pay_has_words_for_a_press_and_for_an_order() -> None:
    source = "".join(path.read_text() for path in ROOMS.rglob("*.py"))
    reasons = set(re.findall(r'Unpayable\(\s*"(\w+)"', source))

    assert reasons == set(UNPAYABLE)
    assert reasons <= set(UNPAID)


@pytest.mark.parametrize("code", UNPAID)
def test_a_sale_that_no_register_saw_does_not_speak_of_one(code: str) -> None:
    detail = detail_of(replace(OPEN, state=State.FAILED, code=code))

    assert "register" not in detail
    assert detail == UNPAID[code]


@pytest.mark.parametrize("code", FAILED)
def test_a_failed_sale_is_not_paid_again(code: str) -> None:
    assert "pay this sale" not in detail_of(replace(OPEN, state=State.FAILED, code=code))


@pytest.mark.parametrize("code", WAITING)
def test_a_sale_whose_receipt_is_still_printed_is_not_sold_again(code: str) -> None:
    detail = detail_of(replace(OPEN, state=State.FISCALISING, receipt=Receipt.WAITING, code=code))

    assert "sell" not in detail
    assert "rder again" not in detail
    assert detail.endswith("It will be tried again by itself.")


def test_the_registers_words_are_named_only_where_there_are_any() -> None:
    failed = replace(OPEN, state=State.FAILED, code="something_new")

    assert "register's words" not in detail_of(failed)
    assert "register's words" in detail_of(replace(failed, device_text="Ошибка 47"))


async def test_an_order_that_no_shift_takes_says_so(till: Till) -> None:
    order = an_order(payment={"tenders": [cash(300_00).model_dump()]})
    await till.hears(order)

    problem = (await till.get(f"/v1/sales/{order.sale_id}"))["problem"]

    assert (problem["code"], problem["detail"]) == ("no_open_shift", UNPAID["no_open_shift"])
