"""The checker: joins the ledger, the sales, our receipts and the register's own documents.

`missing`: a settlement without its document, a receipt whose document the register does not have, a paid session that
the hall does not know. `double`: a second document of one settlement. `off by`: kopecks by which any two of the books
differ. What others printed on the register is counted as foreign and is nobody's mistake here.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from fiscal.central.domain.receipt import RETURNS
from fiscal.worker.clients import KkmServer
from fiscal.worker.domain.document import RETURN, SALE, Found
from fiscal.worker.domain.kkm import Address
from fiscal.worker.domain.observation import NotReady, Silence
from kit.db import Database, Tx

Row = Mapping[str, Any]
KINDS = (SALE, RETURN)
"""Documents that move money."""


@dataclass(slots=True)
class Findings:
    """What an audit found; every finding has its sentence in `notes`."""

    missing: int = 0
    double: int = 0
    off_kopecks: int = 0
    settlements: int = 0
    documents: int = 0
    foreign: int = 0
    unfiscalised: int = 0
    """Settlements without a document, by somebody's word: manual payment. A correction receipt is due for each."""
    unfiscalised_kopecks: int = 0
    unfinished: int = 0
    """Sales on their way: neither right nor wrong yet."""
    parked: int = 0
    unsent: int = 0
    """Messages in outboxes that wait for the broker."""
    notes: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.missing or self.double or self.off_kopecks)

    def line(self) -> str:
        rubles, kopecks = divmod(self.off_kopecks, 100)
        return f"missing {self.missing}, double {self.double}, off by {rubles}.{kopecks:02d}"

    def miss(self, note: str) -> None:
        self.missing += 1
        self.notes.append(note)

    def twice(self, note: str) -> None:
        self.double += 1
        self.notes.append(note)

    def off(self, kopecks: int, note: str) -> None:
        if kopecks:
            self.off_kopecks += abs(kopecks)
            self.notes.append(f"{note}: off by {kopecks} kopecks")


async def audit(databases: Mapping[str, Database], kkm_url: str | None) -> Findings:
    """Compare all books of an installation; changes nothing."""
    found = Findings()
    # One look at all of billing's books: a sale that is paid meanwhile must not differ from its tenders.
    async with databases["billing"].look() as billing:
        sales = {row["sale_id"]: row for row in await _rows(billing, SALES)}
        await _ledger(found, billing)
        _tenders(found, sales.values(), await _rows(billing, TENDERS), await _rows(billing, ENTRIES))
    async with databases["fiscal"].look() as fiscal:
        receipts, registers = await _rows(fiscal, RECEIPTS), await _rows(fiscal, REGISTERS)
    _receipts(found, sales, receipts)
    async with databases["hall"].look() as hall:
        _sessions(found, sales.values(), await _rows(hall, SESSIONS))
    if kkm_url is not None:
        await _documents(found, receipts, registers, kkm_url)
    for database in databases.values():
        async with database.begin() as tx:
            found.parked += (await _rows(tx, PARKED))[0]["n"]
            found.unsent += (await _rows(tx, UNSENT))[0]["n"]
    found.unfinished = sum(1 for sale in sales.values() if sale["state"] in ("open", "fiscalising"))
    return found


SALES = """
    select sale_id, state, receipt, total_kopecks, bonus_kopecks, what, session_id, handed_over, client_id, club_id
    from sale
"""
TENDERS = "select sale_id, kind, amount_kopecks, state from tender"
ENTRIES = """
    select e.sale_id, e.reason, p.account, p.amount_kopecks from entry e join posting p using (entry_id)
"""
RECEIPTS = """
    select receipt_id, sale_id, register_id, state, purpose, fd, fn,
        total_kopecks, cash_kopecks, card_kopecks, advance_kopecks
    from receipt
"""
REGISTERS = "select register_id, num_device, kkt_number, inn from register where mode = 'kkm_server'"
SESSIONS = "select session_id, state from session"
PARKED = "select count(*) as n from parked"
UNSENT = "select count(*) as n from outbox where published_at is null"
UNBALANCED = (
    "select entry_id, sum(amount_kopecks)::bigint as off from posting group by 1 having sum(amount_kopecks) <> 0"
)
DRIFTED = """
    select a.account, a.balance_kopecks - coalesce(sum(p.amount_kopecks), 0)::bigint as off
    from account a left join posting p using (account) group by a.account, a.balance_kopecks
    having a.balance_kopecks <> coalesce(sum(p.amount_kopecks), 0)
"""


async def _ledger(found: Findings, billing: Tx) -> None:
    """Entries add up, balances are the sums of their postings."""
    for row in await _rows(billing, UNBALANCED):
        found.off(row["off"], f"entry {row['entry_id']}")
    for row in await _rows(billing, DRIFTED):
        found.off(row["off"], f"account {row['account']}")


def _tenders(found: Findings, sales: Iterable[Row], tenders: list[Row], entries: list[Row]) -> None:
    """A paid sale has its tenders and its entry; any other has moved nothing in the end."""
    given: dict[UUID, int] = defaultdict(int)
    for tender in tenders:
        given[tender["sale_id"]] += tender["amount_kopecks"] if tender["state"] == "taken" else 0
    posted: dict[UUID, int] = defaultdict(int)
    held: dict[UUID, int] = defaultdict(int)
    spent: dict[UUID, int] = defaultdict(int)
    for row in entries:
        posted[row["sale_id"]] += row["amount_kopecks"] if _counts(row) else 0
        held[row["sale_id"]] += row["amount_kopecks"] if row["account"].startswith(("held:", "bonus_held:")) else 0
        spent[row["sale_id"]] += row["amount_kopecks"] if row["account"].startswith("bonus_spent:") else 0
    for sale in sales:
        sale_id, due = sale["sale_id"], sale["total_kopecks"] if sale["state"] == "paid" else 0
        found.off(given[sale_id] - due, f"tenders of sale {sale_id}")
        found.off(posted[sale_id] - due, f"ledger of sale {sale_id}")
        found.off(
            spent[sale_id] - (sale["bonus_kopecks"] if sale["state"] == "paid" else 0), f"bonuses of sale {sale_id}"
        )
        if sale["state"] != "fiscalising":
            found.off(held[sale_id], f"money still held for sale {sale_id}")


def _counts(row: Row) -> bool:
    """Whether a posting is one of those that together make a sale's sum: what was earned, topped up or given back."""
    if row["reason"] == "refund":
        return str(row["account"]).startswith(("cash:", "card:", "client:"))
    return str(row["account"]).startswith("revenue:") or (row["reason"] == "top-up" and row["amount_kopecks"] > 0)


def _receipts(found: Findings, sales: Mapping[UUID, Row], receipts: list[Row]) -> None:
    """Each settlement has exactly one registered receipt, of the same sum."""
    registered: dict[UUID, list[Row]] = defaultdict(list)
    for receipt in receipts:
        if receipt["state"] == "registered":
            registered[receipt["sale_id"]].append(receipt)
    by_hand = {one["sale_id"]: one for one in receipts if one["state"] == "unfiscalised"}
    for sale_id, sale in sales.items():
        own = registered.pop(sale_id, [])
        if sale["state"] == "paid":
            found.settlements += 1
            if not own and sale_id in by_hand:
                _by_hand(found, sale, by_hand.pop(sale_id))
                continue
            if not own:
                found.miss(f"sale {sale_id} is paid and has no receipt")
            found.off(
                sum(one["total_kopecks"] for one in own[:1]) - (sale["total_kopecks"] if own else 0),
                f"receipt of sale {sale_id}",
            )
        elif own and sale["state"] != "fiscalising":
            found.twice(f"sale {sale_id} is {sale['state']} and has a receipt")
        for extra in own[1:]:
            found.twice(f"sale {sale_id} has another receipt {extra['receipt_id']}")
    for sale_id in by_hand:
        state = sales[sale_id]["state"] if sale_id in sales else "unknown"
        if state != "fiscalising":
            found.twice(f"sale {sale_id} is {state} and is said to be done without a receipt")
    for sale_id in registered:
        found.twice(f"a receipt is of sale {sale_id}, which nobody knows")


def _by_hand(found: Findings, sale: Row, receipt: Row) -> None:
    """A sale that was done without a document, and says so in both books."""
    found.unfiscalised += 1
    found.unfiscalised_kopecks += receipt["total_kopecks"]
    found.off(receipt["total_kopecks"] - sale["total_kopecks"], f"what has no receipt of sale {sale['sale_id']}")
    if sale["receipt"] != "unfiscalised":
        found.miss(f"sale {sale['sale_id']} has no receipt, and billing does not know it")


def _sessions(found: Findings, sales: Iterable[Row], sessions: list[Row]) -> None:
    """Every paid session ran or runs."""
    states = {row["session_id"]: row["state"] for row in sessions}
    for sale in sales:
        if sale["what"] == "session" and (sale["state"] == "paid" or sale["handed_over"]):
            state = states.get(sale["session_id"])
            if state not in ("active", "ended"):
                found.miss(f"session {sale['session_id']} is paid and {state or 'unknown to the hall'}")


async def _documents(found: Findings, receipts: list[Row], registers: list[Row], kkm_url: str) -> None:
    """The register's own documents, each claimed by one receipt."""
    kkm = KkmServer(kkm_url, "User", "")
    try:
        for register in registers:
            address = Address(register["num_device"], register["kkt_number"], register["inn"])
            last = await kkm.last_fd(address)
            documents = await kkm.documents(address, 1, last) if not isinstance(last, NotReady) else Silence.LOST
            if isinstance(documents, Silence):
                found.miss(f"register {register['register_id']} does not tell its documents: {last}")
                continue
            ours = [one for one in receipts if one["register_id"] == register["register_id"]]
            _claims(found, ours, [one for one in documents if one is not None and one.type in KINDS])
    finally:
        await kkm.close()


def _claims(found: Findings, receipts: list[Row], documents: list[Found]) -> None:
    held = {one.fd: one for one in documents}
    found.documents += len(documents)
    # Without a number it was fiscalised elsewhere: the register was switched off for a while.
    registered = [one for one in receipts if one["state"] == "registered" and one["fd"] is not None]
    claims = Counter(receipt["fd"] for receipt in registered)
    for receipt in registered:
        document = held.get(receipt["fd"])
        if document is None:
            found.miss(f"receipt {receipt['receipt_id']}: the register has no document {receipt['fd']}")
            continue
        if document.type != _kind(receipt):
            found.miss(f"document {document.fd} of receipt {receipt['receipt_id']} is no {_kind(receipt)}")
        found.off(document.total - receipt["total_kopecks"], f"document {document.fd}")
        found.off(document.card - receipt["card_kopecks"], f"card of document {document.fd}")
        found.off(document.advance - receipt["advance_kopecks"], f"advance of document {document.fd}")
    for fd, times in claims.items():
        if times > 1:
            found.twice(f"document {fd} is claimed by {times} receipts")
    ours = {_looks(held[fd]) for fd in claims if fd in held}
    _unclaimed(found, [held[fd] for fd in held.keys() - claims.keys()], ours, receipts)


def _unclaimed(found: Findings, documents: list[Found], ours: set[Any], receipts: list[Row]) -> None:
    """Documents that no receipt claims: ours twice, ours that we believe were never printed, or somebody else's."""
    refused: dict[Any, list[UUID]] = defaultdict(list)
    for receipt in receipts:
        if receipt["state"] in ("refused", "unfiscalised"):
            sums = (receipt["total_kopecks"], receipt["card_kopecks"], receipt["advance_kopecks"])
            refused[_kind(receipt), *sums].append(receipt["receipt_id"])
    for one in documents:
        believed = refused[one.type, one.total, one.card, one.advance]
        if _looks(one) in ours:
            found.twice(f"document {one.fd} repeats one of ours and nobody asked for it")
        elif believed:
            found.twice(f"document {one.fd} was printed, and receipt {believed.pop()} is said to have none")
        else:
            found.foreign += 1


def _kind(receipt: Row) -> str:
    """What the register calls the document of a receipt."""
    return RETURN if receipt["purpose"] in RETURNS.values() else SALE


def _looks(document: Found) -> tuple[Any, ...]:
    """All by which two documents can be told apart, but for their numbers."""
    return document.type, document.total, document.card, document.advance, document.lines


async def _rows(tx: Tx, query: str) -> list[Row]:
    return [dict(row._mapping) for row in await tx.conn.execute(text(query))]
