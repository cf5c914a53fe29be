"""Double entry in kopecks: what a sale posts, and when. Positive credits an account, negative debits it.

Money: `client:` what the club owes a client (their balance) · `held:` the part of it that a sale has reserved ·
`cash:` and `card:` what a shift took (debits, so negative) · `revenue:` what a club earned.

Bonuses are a promise and no money, so their entries touch no account of money: `bonus:` what a client may spend ·
`bonus_held:` the part that a sale has reserved · `bonus_issued:` what an org gave away (a debit) · `bonus_spent:` what
a club lowered its prices by.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

from billing.domain.paying import Kind
from billing.domain.sale import Sale, What


class Unbalanced(Exception):
    """An entry that does not add up to zero cannot exist."""


@dataclass(frozen=True, slots=True)
class Posting:
    account: str
    amount_kopecks: int

    def __post_init__(self) -> None:
        assert self.amount_kopecks != 0, self.account


@dataclass(frozen=True, slots=True)
class Entry:
    """One business fact in money; written once, corrected only by another entry.

    Its cause is a sale, or a person who says why.
    """

    entry_id: UUID
    sale_id: UUID | None
    shift_id: UUID | None
    reason: str
    postings: tuple[Posting, ...]
    person: dict[str, Any] | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        off_kopecks = sum(posting.amount_kopecks for posting in self.postings)
        if off_kopecks != 0:
            raise Unbalanced(f"entry {self.entry_id} is off by {off_kopecks} kopecks")


def balance_account(client_id: UUID) -> str:
    return f"client:{client_id}"


def held_account(client_id: UUID) -> str:
    return f"held:{client_id}"


def bonus_account(client_id: UUID) -> str:
    return f"bonus:{client_id}"


def bonus_held_account(client_id: UUID) -> str:
    return f"bonus_held:{client_id}"


def hold(sale: Sale) -> list[Entry]:
    """Reserve the balance part and the bonuses: they cannot be spent twice."""
    return _both(sale, "hold", _has, _reserved)


def release(sale: Sale) -> list[Entry]:
    """Give the reserved parts back."""
    return _both(sale, "release", _reserved, _has)


def settle(sale: Sale, club_id: UUID) -> list[Entry]:
    """What was held and received becomes revenue, or the client's balance; held bonuses are spent."""
    assert sale.shift_id is not None
    if sale.what is What.REFUND:
        return [_given_back(sale, club_id)]
    taken = {
        f"cash:{sale.shift_id}": sale.amount(Kind.CASH),
        f"card:{sale.shift_id}": sale.amount(Kind.CARD),
        **({held_account(_client(sale)): sale.amount(Kind.BALANCE)} if sale.amount(Kind.BALANCE) else {}),
    }
    given = balance_account(_client(sale)) if sale.what is What.TOP_UP else f"revenue:{club_id}"
    postings = [Posting(account, -amount) for account, amount in taken.items() if amount]
    made = []
    if postings:  # a sale of nothing moves nothing
        reason = "top-up" if sale.what is What.TOP_UP else "sale"
        made.append(_entry(sale, reason, (*postings, Posting(given, sale.total_kopecks))))
    if sale.bonus_kopecks:
        held = bonus_held_account(_client(sale))
        made.append(_moved(sale, "bonus-spend", sale.bonus_kopecks, held, f"bonus_spent:{club_id}"))
    return made


def _given_back(sale: Sale, club_id: UUID) -> Entry:
    """Revenue, or a top-up that was held, goes back out of the shift's drawer and terminal, or to the balance."""
    given = {
        f"cash:{sale.shift_id}": sale.amount(Kind.CASH),
        f"card:{sale.shift_id}": sale.amount(Kind.CARD),
        **({balance_account(_client(sale)): sale.amount(Kind.BALANCE)} if sale.amount(Kind.BALANCE) else {}),
    }
    source = held_account(_client(sale)) if sale.returned is What.TOP_UP else f"revenue:{club_id}"
    postings = [Posting(account, amount) for account, amount in given.items() if amount]
    return _entry(sale, "refund", (Posting(source, -sale.total_kopecks), *postings))


def grant(
    entry_id: UUID, org_id: UUID, client_id: UUID, amount_kopecks: int, person: dict[str, Any], note: str
) -> Entry:
    """A person gives a client bonuses, or takes some back."""
    postings = (Posting(f"bonus_issued:{org_id}", -amount_kopecks), Posting(bonus_account(client_id), amount_kopecks))
    return Entry(entry_id, None, None, "bonus-grant", postings, person, note)


Accounts = tuple[str, str]
"""Of a client: where their money is, and where their bonuses are."""


def _has(client_id: UUID) -> Accounts:
    return balance_account(client_id), bonus_account(client_id)


def _reserved(client_id: UUID) -> Accounts:
    return held_account(client_id), bonus_held_account(client_id)


def _both(
    sale: Sale, reason: str, source: Callable[[UUID], Accounts], target: Callable[[UUID], Accounts]
) -> list[Entry]:
    """Move the balance part and the bonuses, each in an entry of its own."""
    (money_from, bonus_from), (money_to, bonus_to) = source(_client(sale)), target(_client(sale))
    moves = [
        (reason, sale.reserved_kopecks, money_from, money_to),
        (f"bonus-{reason}", sale.bonus_kopecks, bonus_from, bonus_to),
    ]
    return [_moved(sale, *move) for move in moves if move[1]]


def _moved(sale: Sale, reason: str, amount: int, from_account: str, to_account: str) -> Entry:
    return _entry(sale, reason, (Posting(from_account, -amount), Posting(to_account, amount)))


def _entry(sale: Sale, reason: str, postings: tuple[Posting, ...]) -> Entry:
    # Named by its sale and reason: a second try is the same entry, and the ledger takes it once.
    return Entry(uuid5(sale.sale_id, reason), sale.sale_id, sale.shift_id, reason, postings)


def _client(sale: Sale) -> UUID:
    assert sale.client_id is not None, f"sale {sale.sale_id} has no client"
    return sale.client_id
