"""The register as a pure state machine: no HTTP, no files."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.kkm_server.tests.toy import NOON
from kkm_server.domain.codes import CALCULATIONS, CheckType, Kind
from kkm_server.domain.document import Document
from kkm_server.domain.receipt import Correction, Line, Payments, Receipt
from kkm_server.domain.refusals import Refusal
from kkm_server.domain.register import Order, Register, ShiftState, Step
from kkm_server.slots import Slot, new_register

ORDER = Order(NOON)


def a_register(**fields: object) -> Register:
    return new_register(Slot.model_validate(fields), NOON, generation=1)


def a_receipt(type_: CheckType = CheckType.SALE, kopecks: int = 100_00, cash: int | None = None) -> Receipt:
    line = Line("Игровое время", 1000, kopecks, kopecks, tax=22, method=4, subject=4)
    paid = Payments(electronic=kopecks) if cash is None else Payments(cash=cash, electronic=max(0, kopecks - cash))
    correction = Correction(by_order=False, base_date="2026-11-01") if CALCULATIONS[type_].correction else None
    return Receipt(type_, (line,), paid, tax_variant="1", correction=correction)


def test_a_receipt_opens_a_closed_shift_by_itself() -> None:
    step = a_register().register_receipt(ORDER, a_receipt())

    assert [document.kind for document in step.documents] == [Kind.OPEN_SHIFT, Kind.SALE]
    assert step.register.shift_state(NOON) is ShiftState.OPEN


def test_a_refused_receipt_opens_no_shift() -> None:
    register = a_register(tax_variants="0,2")

    with pytest.raises(Refusal, match="Система налогообложения"):
        register.register_receipt(ORDER, a_receipt())


@pytest.mark.parametrize("hours", [24, 25, 1000])
def test_a_shift_of_24_hours_takes_no_receipts_and_no_cash(hours: int) -> None:
    opened = a_register().open_shift(ORDER).register
    later = Order(NOON + timedelta(hours=hours))

    assert opened.shift_state(later.now) is ShiftState.EXPIRED
    with pytest.raises(Refusal, match="Смена не открыта или смена превысила 24 часа"):
        opened.register_receipt(later, a_receipt())
    with pytest.raises(Refusal, match="Смена не открыта или смена превысила 24 часа"):
        opened.move_cash(later, 100)


def test_a_shift_a_second_short_of_24_hours_takes_receipts() -> None:
    opened = a_register().open_shift(ORDER).register

    opened.register_receipt(Order(NOON + timedelta(hours=24, seconds=-1)), a_receipt())


def test_an_expired_shift_can_be_closed_and_the_next_one_opened() -> None:
    expired = a_register(shift="expired")

    closed = expired.close_shift(ORDER).register
    reopened = closed.open_shift(ORDER).register

    assert (expired.session, closed.session, reopened.session) == (1, 1, 2)


def test_the_fiscal_drive_refuses_when_its_days_are_over_but_closes_the_shift() -> None:
    register = a_register(fs_days_left=1, shift="open")
    late = Order(NOON + timedelta(days=1))

    with pytest.raises(Refusal, match="Срок действия ФН"):
        replace(register, shift=None).open_shift(late)
    assert register.close_shift(late).documents[0].kind is Kind.CLOSE_SHIFT


def test_thirty_days_without_the_ofd_stop_receipts_but_not_the_close() -> None:
    register = a_register(ofd_unsent=3, ofd_oldest_days=30, shift="open")

    with pytest.raises(Refusal, match="ОФД"):
        register.register_receipt(ORDER, a_receipt())
    register.close_shift(ORDER)


def test_documents_pile_up_while_the_ofd_cannot_be_reached() -> None:
    register = a_register(OFD_Error="Нет связи с ОФД")

    register = register.register_receipt(ORDER, a_receipt()).register
    later = Order(NOON + timedelta(days=2))
    register = register.close_shift(later).register

    assert (register.ofd_unsent, register.ofd_oldest_at) == (3, NOON)


def test_without_paper_only_an_electronic_receipt_is_made() -> None:
    register = a_register(paper=False, shift="open")
    electronic = Order(NOON, on_paper=False)

    refusals: list[Callable[[], Step]] = [
        lambda: register.register_receipt(ORDER, a_receipt()),
        lambda: register.close_shift(ORDER),
        lambda: register.x_report(ORDER),
        lambda: register.print_slip(ORDER, ()),
    ]
    for refused in refusals:
        with pytest.raises(Refusal, match="Нет бумаги"):
            refused()
    assert register.register_receipt(electronic, a_receipt()).documents[0].electronic


@pytest.mark.parametrize(
    ("type_", "moved"),
    [
        (CheckType.SALE, 100_00),
        (CheckType.SALE_RETURN, -100_00),
        (CheckType.SALE_CORRECTION, 100_00),
        (CheckType.SALE_RETURN_CORRECTION, -100_00),
        (CheckType.PURCHASE, -100_00),
        (CheckType.PURCHASE_RETURN, 100_00),
        (CheckType.PURCHASE_CORRECTION, -100_00),
        (CheckType.PURCHASE_RETURN_CORRECTION, 100_00),
    ],
)
def test_cash_goes_the_way_of_the_receipt(type_: CheckType, moved: int) -> None:
    register = a_register(cash="500.00")

    step = register.register_receipt(ORDER, a_receipt(type_, cash=100_00))

    assert step.register.cash_kopecks == 500_00 + moved


def test_change_stays_out_of_the_drawer() -> None:
    step = a_register().register_receipt(ORDER, a_receipt(kopecks=330_00, cash=500_00))

    assert (step.register.cash_kopecks, step.documents[-1].change_kopecks) == (330_00, 170_00)


@pytest.mark.parametrize("type_", [CheckType.SALE_RETURN, CheckType.PURCHASE])
def test_the_drawer_pays_no_more_than_it_has(type_: CheckType) -> None:
    with pytest.raises(Refusal, match="Недостаточно наличных"):
        a_register(cash="99.99").register_receipt(ORDER, a_receipt(type_, cash=100_00))


def test_a_check_number_is_never_the_fiscal_number() -> None:
    step = a_register().register_receipt(ORDER, a_receipt())

    assert all(document.number != document.check_number for document in step.documents)


def test_the_close_of_a_shift_prints_its_turnover() -> None:
    register = a_register()
    for receipt in (a_receipt(kopecks=300_00, cash=300_00), a_receipt(), a_receipt(CheckType.SALE_RETURN, cash=100_00)):
        register = register.register_receipt(ORDER, receipt).register

    text = "\n".join(register.close_shift(ORDER).documents[0].text)

    rows = [" ".join(row.split()) for row in text.splitlines()]
    sale = rows.index("ПРИХОД 2 шт")
    assert rows[sale + 1 : sale + 3] == ["НАЛИЧНЫМИ =300.00", "БЕЗНАЛИЧНЫМИ =100.00"]
    assert "ВОЗВРАТ ПРИХОДА 1 шт" in rows
    assert "НАЛИЧНЫХ В КАССЕ =200.00" in rows


# What may happen to a register, each with a time that passes first.
acts = st.sampled_from(["open", "close", "x", "ofd", "slip", "in", "out", *CheckType])
histories = st.lists(st.tuples(acts, st.integers(1, 500_00), st.booleans(), st.integers(0, 10 * 3600)), max_size=40)


def carried_out(register: Register, order: Order, act: object, kopecks: int, in_cash: bool) -> Step:
    match act:
        case CheckType():
            return register.register_receipt(order, a_receipt(act, kopecks, cash=kopecks if in_cash else None))
        case "in":
            return register.move_cash(order, kopecks)
        case "out":
            return register.move_cash(order, -kopecks)
        case "slip":
            return register.print_slip(order, ())
        case _:
            reports = {
                "open": register.open_shift,
                "close": register.close_shift,
                "x": register.x_report,
                "ofd": register.ofd_report,
            }
            return reports[str(act)](order)


@given(histories)
def test_any_history_leaves_gapless_numbers_and_a_drawer_that_adds_up(
    history: list[tuple[object, int, bool, int]],
) -> None:
    register, now = a_register(), NOON
    documents: list[Document] = []

    for act, kopecks, in_cash, seconds in history:
        now += timedelta(seconds=seconds)
        try:
            step = carried_out(register, Order(now), act, kopecks, in_cash)
        except Refusal:
            continue
        register = step.register
        documents += step.documents

    fiscal = [document.number for document in documents if document.number]
    checks = [document.check_number for document in documents]
    ways = {Kind.CASH_IN: 1, Kind.CASH_OUT: -1}
    moved = sum(
        (ways.get(document.kind, 0) if document.type is None else CALCULATIONS[document.type].cash_way)
        * document.payments.cash
        for document in documents
    )
    assert fiscal == list(range(1, len(fiscal) + 1))
    assert checks == list(range(1001, 1001 + len(checks)))
    assert register.cash_kopecks == moved
    assert all(document.fiscal_sign and document.qr for document in documents if document.number)
    assert not any(document.fiscal_sign or document.qr for document in documents if not document.number)


@given(histories)
def test_every_receipt_lies_in_a_shift_of_less_than_24_hours(history: list[tuple[object, int, bool, int]]) -> None:
    register, now = a_register(cash="100000.00"), NOON

    for act, kopecks, in_cash, seconds in history:
        now += timedelta(seconds=seconds)
        try:
            register = carried_out(register, Order(now), act, kopecks, in_cash).register
        except Refusal:
            continue
        if isinstance(act, CheckType):
            assert register.shift is not None
            assert now - register.shift.opened_at < timedelta(hours=24)
