"""A sale's life as a pure machine: tables of cases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.domain import ledger
from billing.domain.discount import lowered
from billing.domain.paying import Kind, Tender, TenderState, Unpayable
from billing.domain.sale import (
    Cancel,
    Effect,
    Fact,
    Impossible,
    Passed,
    Pay,
    Receipt,
    Refused,
    Registered,
    Sale,
    State,
    Unknown,
    Waiting,
    What,
    step,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHIFT, CLIENT, CLUB = UUID(int=3), UUID(int=2), UUID(int=4)


def a_sale(total: int = 300_00, what: What = What.SESSION, client: UUID | None = CLIENT) -> Sale:
    return Sale(UUID(int=1), what, total, NOW + timedelta(minutes=10), client)


def cash(amount: int, received: int | None = None) -> Tender:
    return Tender(Kind.CASH, amount, received or amount)


def card(amount: int) -> Tender:
    return Tender(Kind.CARD, amount, amount)


def balance(amount: int) -> Tender:
    return Tender(Kind.BALANCE, amount, amount)


def pay(*tenders: Tender, available: int = 0) -> Pay:
    return Pay(tenders, SHIFT, NOW, available)


def after(*facts: Fact, sale: Sale | None = None) -> Sale:
    sale = sale or a_sale()
    for fact in facts:
        sale, _ = step(sale, fact)
    return sale


def with_bonus(bonus: int, *tenders: Tender, has: int = 1000_00) -> Pay:
    return Pay(tenders, SHIFT, NOW, 1000_00, bonus, has)


CAPPED = replace(a_sale(), bonus_cap_percent=30)
UNPAYABLE_BY_BONUS = [
    ("bonus_over_cap", CAPPED, with_bonus(90_01, cash(209_99))),
    ("bonus_over_cap", a_sale(), with_bonus(1, cash(299_99))),
    ("bonus_over_cap", replace(a_sale(1_99), bonus_cap_percent=50), with_bonus(1_00, cash(99))),
    ("bonus_too_low", CAPPED, with_bonus(90_00, cash(210_00), has=89_99)),
    ("bonus_not_possible", replace(CAPPED, client_id=None), with_bonus(90_00, cash(210_00))),
    ("bonus_not_possible", replace(CAPPED, what=What.TOP_UP), with_bonus(90_00, cash(210_00))),
    ("tenders_do_not_add_up", CAPPED, with_bonus(90_00, cash(300_00))),
    ("tenders_do_not_add_up", CAPPED, with_bonus(90_00)),
]


@pytest.mark.parametrize(("code", "sale", "pay"), UNPAYABLE_BY_BONUS)
def test_bonuses_that_do_not_pay_are_refused_with_a_reason(code: str, sale: Sale, pay: Pay) -> None:
    with pytest.raises(Unpayable) as why:
        step(sale, pay)

    assert why.value.code == code


def test_bonuses_lower_what_is_to_be_paid_and_are_held_with_the_balance_part() -> None:
    sale, effects = step(CAPPED, with_bonus(90_00, balance(100_00), cash(110_00)))

    assert (sale.total_kopecks, sale.bonus_kopecks, sale.bonus_max_kopecks) == (210_00, 90_00, 90_00)
    assert effects == (Effect.HOLD, Effect.PRINT)


def test_a_refused_receipt_releases_bonuses_also_where_no_balance_was_used() -> None:
    sale, effects = step(after(with_bonus(90_00, cash(210_00)), sale=CAPPED), Refused(1, "x", None, NOW))

    assert (sale.state, effects) == (State.FAILED, (Effect.RELEASE, Effect.TELL_FAILED))


def test_bonuses_may_pay_for_all_of_it_where_the_tariff_says_so() -> None:
    sale, effects = step(replace(a_sale(), bonus_cap_percent=100), with_bonus(300_00))

    assert (sale.total_kopecks, effects) == (0, (Effect.HOLD, Effect.PRINT))


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=100), st.data())
def test_lines_are_lowered_exactly_and_none_below_nothing(amounts: list[int], data: st.DataObject) -> None:
    by = data.draw(st.integers(0, sum(amounts)))

    after_ = lowered(amounts, by)

    assert sum(after_) == sum(amounts) - by
    for before, now in zip(amounts, after_, strict=True):
        assert 0 <= now <= before
        assert abs((before - now) * sum(amounts) - before * by) < max(sum(amounts), 1), "more than its share"


LOWERED = [([300_00], 90_01, [209_99]), ([1, 1, 1], 2, [0, 0, 1]), ([100, 200], 1, [100, 199]), ([0, 5], 5, [0, 0])]


@pytest.mark.parametrize(("amounts", "by", "expected"), LOWERED)
def test_the_kopecks_left_of_rounding_go_to_the_lines_that_lost_most(
    amounts: list[int], by: int, expected: list[int]
) -> None:
    assert lowered(amounts, by) == expected


UNPAYABLE = [
    ("tenders_do_not_add_up", [cash(299_99)], 0),
    ("tenders_do_not_add_up", [cash(300_01)], 0),
    ("tenders_do_not_add_up", [], 0),
    ("too_little_received", [cash(300_00, 299_99)], 0),
    ("change_from_cash_only", [Tender(Kind.CARD, 300_00, 500_00)], 0),
    ("tender_twice", [cash(150_00), cash(150_00)], 0),
    ("balance_too_low", [balance(300_00)], 299_99),
    ("balance_too_low", [balance(200_00), cash(100_00)], 0),
]


@pytest.mark.parametrize(("code", "tenders", "available"), UNPAYABLE)
def test_tenders_that_do_not_pay_are_refused_with_a_reason(code: str, tenders: list[Tender], available: int) -> None:
    with pytest.raises(Unpayable) as why:
        step(a_sale(), pay(*tenders, available=available))

    assert why.value.code == code


@pytest.mark.parametrize("sale", [a_sale(client=None), a_sale(what=What.TOP_UP)])
def test_a_guest_and_a_top_up_cannot_be_paid_from_a_balance(sale: Sale) -> None:
    with pytest.raises(Unpayable, match="balance_not_possible"):
        step(sale, pay(balance(300_00), available=1000_00))


def test_a_payment_holds_the_balance_part_and_orders_a_receipt() -> None:
    sale, effects = step(a_sale(), pay(balance(200_00), cash(100_00, 500_00), available=200_00))

    assert (sale.state, sale.attempt, sale.shift_id) == (State.FISCALISING, 1, SHIFT)
    assert effects == (Effect.HOLD, Effect.PRINT)
    assert [tender.state for tender in sale.tenders] == [TenderState.HELD] * 2


def test_a_registered_receipt_settles_once() -> None:
    sale = after(pay(cash(300_00)))

    sale, effects = step(sale, Registered(1))
    assert (sale.state, effects) == (State.PAID, (Effect.SETTLE, Effect.TELL_PAID))
    assert step(sale, Registered(1)) == (sale, ())


@pytest.mark.parametrize(
    ("tenders", "money"), [([cash(300_00)], "returning"), ([card(300_00)], "returning"), ([balance(300_00)], "none")]
)
def test_a_refused_receipt_fails_the_sale_and_says_where_the_money_is(tenders: list[Tender], money: str) -> None:
    sale = after(pay(*tenders, available=300_00), Refused(1, "register_refused", "нет бумаги", NOW))

    assert (sale.state, sale.code, sale.device_text, sale.money) == (
        State.FAILED,
        "register_refused",
        "нет бумаги",
        money,
    )
    assert {tender.state for tender in sale.tenders} == {TenderState.RETURNED}


def test_an_unknown_receipt_hands_over_after_20_seconds_where_the_club_wants_it() -> None:
    sale = after(pay(cash(300_00)), Unknown(1, NOW))

    assert step(sale, Passed(NOW + timedelta(seconds=19))) == (sale, ())
    assert step(sale, Passed(NOW + timedelta(seconds=20), may_start=False)) == (sale, ())
    handed, effects = step(sale, Passed(NOW + timedelta(seconds=20)))
    assert (handed.handed_over, effects) == (True, (Effect.TELL_UNCONFIRMED,))
    assert step(handed, Passed(NOW + timedelta(hours=1))) == (handed, ())


def test_a_receipt_refused_after_the_handover_is_ordered_again_and_the_money_stays() -> None:
    sale = after(pay(cash(300_00)), Unknown(1, NOW), Passed(NOW + timedelta(seconds=20)))

    sale, effects = step(sale, Refused(1, "no_paper", None, NOW + timedelta(minutes=1)))
    assert (sale.state, effects) == (State.FISCALISING, ())
    assert step(sale, Passed(NOW + timedelta(minutes=1, seconds=29))) == (sale, ())
    sale, effects = step(sale, Passed(NOW + timedelta(minutes=1, seconds=30)))
    assert (sale.attempt, sale.receipt, effects) == (2, Receipt.ORDERED, (Effect.PRINT,))
    assert step(sale, Refused(1, "late", None, NOW)) == (sale, ()), "an earlier receipt has nothing more to say"
    assert after(Registered(2), sale=sale).state is State.PAID


def test_a_receipt_that_is_always_refused_is_ordered_ever_less_often_and_never_given_up() -> None:
    sale = after(pay(cash(300_00)), Unknown(1, NOW), Passed(NOW + timedelta(seconds=20)))
    at, pauses = NOW, []
    for attempt in range(1, 101):
        sale, _ = step(sale, Refused(attempt, "no_paper", None, at))
        assert sale.reprint_at is not None
        assert step(sale, Passed(sale.reprint_at - timedelta(seconds=1))) == (sale, ())
        pauses.append((sale.reprint_at - at).total_seconds())
        at = sale.reprint_at
        sale, effects = step(sale, Passed(at))
        assert (sale.attempt, effects) == (attempt + 1, (Effect.PRINT,))

    assert pauses[:6] == [30, 60, 120, 240, 480, 600]
    assert set(pauses[6:]) == {600}
    assert after(Registered(101), sale=sale).state is State.PAID


def test_an_unpaid_sale_fails_when_its_time_is_over() -> None:
    assert step(a_sale(), Passed(NOW + timedelta(minutes=9, seconds=59)))[1] == ()
    sale, effects = step(a_sale(), Passed(NOW + timedelta(minutes=10)))
    assert (sale.state, sale.code, effects) == (State.FAILED, "not_paid_in_time", (Effect.TELL_FAILED,))


def test_a_payment_at_its_last_moment_or_later_is_refused() -> None:
    in_time = Pay((cash(300_00),), SHIFT, NOW + timedelta(minutes=9, seconds=59))
    assert step(a_sale(), in_time)[0].state is State.FISCALISING
    for late in (timedelta(minutes=10), timedelta(hours=2)):
        with pytest.raises(Unpayable, match="not_paid_in_time"):
            step(a_sale(), replace(in_time, at=NOW + late))


def test_a_cancelled_or_impossible_sale_takes_no_payment() -> None:
    for fact in (Cancel.CANCEL, Impossible("unknown_client")):
        ended = after(fact)
        assert step(ended, pay(cash(300_00))) == (ended, ())


def test_contradictions_are_seen() -> None:
    with pytest.raises(AssertionError, match="is paid and its receipt was refused"):
        after(pay(cash(300_00)), Registered(1), Refused(1, "x", None, NOW))
    with pytest.raises(AssertionError, match="never ordered"):
        after(pay(cash(300_00)), Registered(2))


FACTS = st.sampled_from(
    [
        Registered(1), Registered(2), Refused(1, "x", None, NOW), Refused(2, "x", None, NOW), Unknown(1, NOW),
        Waiting(1, "x"), Cancel.CANCEL,
        Passed(NOW), Passed(NOW + timedelta(minutes=1)), Passed(NOW + timedelta(hours=1)),
        pay(balance(200_00), cash(100_00), available=200_00),
    ]
)  # fmt: skip


@given(st.lists(FACTS, max_size=12))
def test_in_any_order_of_facts_money_is_held_settled_and_released_in_step(facts: list[Fact]) -> None:
    sale, balances = a_sale(), {"client": 200_00, "held": 0}
    for fact in facts:
        try:
            sale, effects = step(sale, fact)
        except AssertionError:
            return  # a contradiction stops the machine; it is parked for a person
        for effect in effects:
            if effect is Effect.HOLD:
                balances = {"client": balances["client"] - 200_00, "held": balances["held"] + 200_00}
            elif effect is Effect.RELEASE:
                balances = {"client": balances["client"] + 200_00, "held": balances["held"] - 200_00}
            elif effect is Effect.SETTLE:
                balances["held"] -= 200_00
        expected = {State.FISCALISING: (0, 200_00), State.PAID: (0, 0)}.get(sale.state, (200_00, 0))
        assert (balances["client"], balances["held"]) == expected


SUM = st.integers(0, 10**9)


@given(SUM, SUM, SUM, SUM, st.booleans())
def test_every_settlement_adds_up_and_keeps_bonuses_apart_from_money(
    by_cash: int, by_card: int, by_balance: int, bonus: int, top_up: bool
) -> None:
    by_balance, bonus = (0, 0) if top_up else (by_balance, bonus)
    given_ = [t for t in (cash(by_cash), card(by_card), balance(by_balance)) if t.amount_kopecks]
    what, total = What.TOP_UP if top_up else What.SESSION, by_cash + by_card + by_balance
    sale = replace(a_sale(total, what), tenders=tuple(given_), shift_id=SHIFT, bonus_kopecks=bonus)

    entries = ledger.settle(sale, CLUB)

    assert len(entries) == (1 if given_ else 0) + (1 if bonus else 0)
    for entry in entries:
        assert sum(one.amount_kopecks for one in entry.postings) == 0
        assert len({one.account.startswith("bonus") for one in entry.postings}) == 1
    moved = {one.account.partition(":")[0]: one.amount_kopecks for entry in entries for one in entry.postings}
    assert moved.get("client" if top_up else "revenue", 0) == total
    assert (moved.get("bonus_held", 0), moved.get("bonus_spent", 0)) == (-bonus, bonus)


def test_an_unbalanced_entry_cannot_exist() -> None:
    with pytest.raises(ledger.Unbalanced):
        ledger.Entry(
            UUID(int=1), UUID(int=1), None, "x", (ledger.Posting("client:1", 1), ledger.Posting("revenue:1", -2))
        )
