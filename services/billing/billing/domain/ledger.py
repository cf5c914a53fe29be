"""Double entry in kopecks: what a sale posts, and when. Positive credits an account, negative debits it.

`client:` what the club owes a client (their balance) · `held:` the part of it that a sale has reserved ·
`cash:` and `card:` what a shift took (debits, so negative) · `revenue:` what a club earned.
"""

from dataclasses import dataclass
from uuid import UUID, uuid5

from billing.domain.sale import Kind, Sale, What


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
    """One business fact in money; written once, corrected only by another entry."""

    entry_id: UUID
    sale_id: UUID
    shift_id: UUID | None
    reason: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        off_kopecks = sum(posting.amount_kopecks for posting in self.postings)
        if off_kopecks != 0:
            raise Unbalanced(f"entry {self.entry_id} is off by {off_kopecks} kopecks")


def balance_account(client_id: UUID) -> str:
    return f"client:{client_id}"


def held_account(client_id: UUID) -> str:
    return f"held:{client_id}"


def hold(sale: Sale) -> Entry:
    """Reserve the balance part: it cannot be spent twice."""
    return _moved(sale, "hold", from_account=balance_account(_client(sale)), to_account=held_account(_client(sale)))


def release(sale: Sale) -> Entry:
    """Give the reserved part back."""
    return _moved(sale, "release", from_account=held_account(_client(sale)), to_account=balance_account(_client(sale)))


def settle(sale: Sale, club_id: UUID) -> Entry | None:
    """What was held and received becomes revenue, or the client's balance; None for a sale of nothing."""
    assert sale.shift_id is not None
    taken = {
        f"cash:{sale.shift_id}": sale.amount(Kind.CASH),
        f"card:{sale.shift_id}": sale.amount(Kind.CARD),
        **({held_account(_client(sale)): sale.amount(Kind.BALANCE)} if sale.amount(Kind.BALANCE) else {}),
    }
    given = balance_account(_client(sale)) if sale.what is What.TOP_UP else f"revenue:{club_id}"
    postings = [Posting(account, -amount) for account, amount in taken.items() if amount]
    if not postings:
        return None
    return _entry(
        sale, "top-up" if sale.what is What.TOP_UP else "sale", (*postings, Posting(given, sale.total_kopecks))
    )


def _moved(sale: Sale, reason: str, from_account: str, to_account: str) -> Entry:
    amount = sale.amount(Kind.BALANCE)
    return _entry(sale, reason, (Posting(from_account, -amount), Posting(to_account, amount)))


def _entry(sale: Sale, reason: str, postings: tuple[Posting, ...]) -> Entry:
    # Named by its sale and reason: a second try is the same entry, and the ledger takes it once.
    return Entry(uuid5(sale.sale_id, reason), sale.sale_id, sale.shift_id, reason, postings)


def _client(sale: Sale) -> UUID:
    assert sale.client_id is not None, f"sale {sale.sale_id} has no client"
    return sale.client_id
