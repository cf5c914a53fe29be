"""What a receipt must be before any register looks at it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kkm_server.domain.codes import MEASURES, METHODS, SUBJECTS, TAX_LABELS, CheckType, vat_kopecks
from kkm_server.domain.money import cost, pieces, rubles
from kkm_server.domain.receipt import Correction, Line, Payments, Receipt, Words
from kkm_server.domain.refusals import Refusal


def a_line(**other: object) -> Line:
    fields = {
        "name": "Кола 0,5",
        "quantity_milli": 1000,
        "price_kopecks": 120_00,
        "amount_kopecks": 120_00,
        "tax": 22,
        "method": 4,
        "subject": 1,
    }
    return Line(**{**fields, **other})  # type: ignore[arg-type]


def a_receipt(*lines: Line, paid: Payments, type_: CheckType = CheckType.SALE, **other: object) -> Receipt:
    return Receipt(type_, lines, paid, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("other", "member"),
    [
        ({"name": ""}, "Name"),
        ({"name": "я" * 129}, "Name"),
        ({"quantity_milli": 0}, "Quantity"),
        ({"amount_kopecks": -1}, "Amount"),
        ({"price_kopecks": -1}, "Price"),
        ({"tax": 18}, "Tax"),
        ({"tax": 21}, "Tax"),
        ({"method": 0}, "SignMethodCalculation"),
        ({"method": 8}, "SignMethodCalculation"),
        ({"subject": 28}, "SignCalculationObject"),
        ({"subject": 34}, "SignCalculationObject"),
        ({"measure": 1}, "MeasureOfQuantity"),
    ],
)
def test_a_line_with_a_value_outside_its_list_is_refused_by_name(other: dict[str, object], member: str) -> None:
    with pytest.raises(Refusal, match=f": {member} "):
        a_line(**other)


def test_every_listed_value_makes_a_line() -> None:
    for tax in TAX_LABELS:
        a_line(tax=tax)
    for method in METHODS:
        a_line(method=method)
    for subject in SUBJECTS:
        a_line(subject=subject, code="0104607124362875215")
    for measure in MEASURES:
        a_line(measure=measure)


def test_a_line_may_cost_less_than_price_by_quantity_but_not_more() -> None:
    a_line(quantity_milli=5000, price_kopecks=4000_00, amount_kopecks=19500_00)

    with pytest.raises(Refusal, match="больше цены"):
        a_line(amount_kopecks=120_01)


def test_a_line_paid_by_bonus_alone_costs_nothing() -> None:
    assert a_receipt(a_line(price_kopecks=0, amount_kopecks=0), paid=Payments()).total == 0


@pytest.mark.parametrize("subject", [31, 33])
def test_marked_goods_need_their_code(subject: int) -> None:
    with pytest.raises(Refusal, match="код маркировки"):
        a_line(subject=subject)


@pytest.mark.parametrize(("quantity_milli", "measure"), [(11_000, 0), (1_500, 0), (1_000, 255)])
def test_part_of_a_marked_package_is_whole_pieces_and_no_more_than_it_holds(quantity_milli: int, measure: int) -> None:
    with pytest.raises(Refusal, match="Дробное количество"):
        a_line(
            quantity_milli=quantity_milli,
            measure=measure,
            price_kopecks=200_00,
            amount_kopecks=1_00,
            package_quantity=10,
        )


@pytest.mark.parametrize(
    ("paid", "refusal"),
    [
        (Payments(cash=119_99), "меньше суммы чека"),
        (Payments(electronic=100_00), "меньше суммы чека"),
        (Payments(electronic=120_01), "безналичных"),
        (Payments(cash=100_00, advance=60_00, electronic=60_01), "безналичных"),
    ],
)
def test_payments_that_do_not_fit_the_total_are_refused(paid: Payments, refusal: str) -> None:
    with pytest.raises(Refusal, match=refusal):
        a_receipt(a_line(), paid=paid)


def test_a_receipt_without_lines_is_refused() -> None:
    with pytest.raises(Refusal, match="нет товарных позиций"):
        Receipt(CheckType.SALE, (Words("Привет"),), Payments(cash=100))


def test_a_correction_says_what_it_corrects_and_a_sale_does_not() -> None:
    base = Correction(by_order=False, base_date="2026-11-01T00:00:00")

    a_receipt(a_line(), paid=Payments(cash=120_00), type_=CheckType.SALE_CORRECTION, correction=base)
    with pytest.raises(Refusal, match="CorrectionType"):
        a_receipt(a_line(), paid=Payments(cash=120_00), correction=base)
    with pytest.raises(Refusal, match="CorrectionType"):
        a_receipt(a_line(), paid=Payments(cash=120_00), type_=CheckType.SALE_CORRECTION)


def test_a_correction_by_order_names_the_order() -> None:
    with pytest.raises(Refusal, match="CorrectionBaseNumber"):
        Correction(by_order=True, base_date="2026-11-01")


@given(
    total=st.integers(0, 10_000_00),
    cash=st.integers(0, 20_000_00),
    parts=st.lists(st.integers(0, 3_000_00), min_size=4, max_size=4),
)
def test_what_is_registered_adds_up_to_the_total_and_change_comes_from_cash(
    total: int, cash: int, parts: list[int]
) -> None:
    paid = Payments(cash, *parts)
    try:
        settled = paid.settled(total)
    except Refusal:
        assert paid.non_cash > total or paid.total < total
        return
    assert settled.total == total
    assert settled.non_cash == paid.non_cash
    assert 0 <= settled.cash <= paid.cash


@pytest.mark.parametrize(
    ("kopecks", "tax", "vat"),
    [
        (122_00, 22, 22_00),
        (122_00, 122, 22_00),
        (100_00, 20, 16_67),
        (105_00, 5, 5_00),
        (100_00, -1, 0),
        (100_00, 0, 0),
    ],
)
def test_vat_is_the_share_of_its_rate(kopecks: int, tax: int, vat: int) -> None:
    assert vat_kopecks(kopecks, tax) == vat


def test_money_and_quantities_are_written_as_on_paper() -> None:
    assert [rubles(kopecks) for kopecks in (0, 5, 330_00, -1_05)] == ["0.00", "0.05", "330.00", "-1.05"]
    assert [pieces(milli) for milli in (1000, 1500, 125, 10_000)] == ["1", "1.5", "0.125", "10"]
    assert cost(33_33, 1500) == 50_00
