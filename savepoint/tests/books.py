"""Books of a club that agree, to be spoiled by a test."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from fiscal.worker.clients import KkmServer
from fiscal.worker.domain import kkm
from fiscal.worker.domain.job import Kind
from fiscal.worker.domain.kkm import Address, Line, Receipt
from savepoint.failures import Exit

ORG, CLUB, TILL, REGISTER = (UUID(int=number) for number in range(1, 5))
PRICE = 300_00

SALE = """
    insert into sale (sale_id, org_id, club_id, till_id, what, session_id, session_state, lines, total_kopecks, state,
                      attempt, receipt, handed_over, pay_by, opened_at, sold_by)
    values ($1, $2, $3, $4, $5, $6, 'active', '[]', $7, $8, 1, 'registered', false, now(), now(), '{}')
"""
REFUND = """
    insert into sale (sale_id, org_id, club_id, till_id, what, session_state, lines, total_kopecks, state, attempt,
                      receipt, handed_over, pay_by, opened_at, sold_by, refund_of, returned, reason)
    select $1, org_id, club_id, till_id, 'refund', 'none', '[]', total_kopecks, 'paid', 1, 'registered', false, now(),
           now(), '{}', sale_id, 'session', 'broken' from sale where sale_id = $2
"""
TENDER = "insert into tender values ($1, $2, $3, $3, null, 'taken')"
ENTRY = "insert into entry values ($1, $2, $3, null, $4, now())"
POSTING = "insert into posting values ($1, $2, $3)"
RECEIPT = """
    insert into receipt (receipt_id, org_id, club_id, sale_id, shift_id, till_id, register_id, state, purpose, lines,
                         total_kopecks, cash_kopecks, card_kopecks, advance_kopecks, cashier_name, fn, fd, ordered_at)
    values ($1, $2, $3, $4, $5, $5, $6, 'registered', 'sale', '[]', $7, $7, 0, 0, 'Anna', 'a drive', $8, now())
"""
SESSION = """
    insert into session (session_id, org_id, club_id, sale_id, till_id, device_id, device_name, zone_name, tariff_id,
                         tariff_name, minutes, price_kopecks, bonus_cap_percent, ordered_at, ordered_by,
                         ordered_by_name, pay_by, state, started_at, ends_at)
    values ($1, $2, $3, $4, $5, $4, 'PC-01', 'VIP', $4, '3 h', 180, $6, 0, now(), $2, 'Anna', now() + interval '1 h',
            $7::text, case $7::text when 'active' then now() end,
            case $7::text when 'active' then now() + interval '3 h' end)
"""
REGISTER_ROW = "insert into register values ($1, $2, $3, 'KKT', 'kkm_server', 1, '', '', 'Anna', null, false, now())"


@dataclass
class Books:
    """What a club's services and its register hold."""

    command: Any
    billing: Any
    hall: Any
    fiscal: Any
    sessions: list[UUID] = field(default_factory=list)

    async def audit(self, code: int) -> list[str]:
        """What the audit says, line by line."""
        done = await asyncio.to_thread(self.command, "audit")
        assert (done.code, done.err) == (code, ""), done
        return [line.strip() for line in done.out.splitlines()]

    async def found(self) -> list[str]:
        """What an audit that found something says, its first and its last line but the counts."""
        *notes, _, verdict = await self.audit(Exit.FOUND)
        assert notes, "every finding has its sentence"
        return [*notes, verdict]

    async def a_session(self, fd: int = 1, state: str = "paid", runs: str = "active") -> UUID:
        """A session that a guest paid in cash, with everything that belongs to it."""
        sale_id, session_id, entry_id = uuid4(), uuid4(), uuid4()
        self.sessions.append(session_id)
        await self.billing.execute(SALE, sale_id, ORG, CLUB, TILL, "session", session_id, PRICE, state)
        await self.hall.execute(SESSION, session_id, ORG, CLUB, sale_id, TILL, PRICE, runs)
        if state == "paid":
            await self.billing.execute(TENDER, sale_id, "cash", PRICE)
            await self.billing.execute(ENTRY, entry_id, ORG, sale_id, "sale")
            await self.billing.execute(POSTING, entry_id, f"revenue:{CLUB}", PRICE)
            await self.billing.execute(POSTING, entry_id, f"cash:{CLUB}", -PRICE)
            await self.a_receipt(sale_id, fd)
        return sale_id

    async def a_refund(self, of: UUID, fd: int = 1) -> UUID:
        """All of a session goes back in cash."""
        refund_id, entry_id = uuid4(), uuid4()
        await self.billing.execute(REFUND, refund_id, of)
        await self.billing.execute(TENDER, refund_id, "cash", PRICE)
        await self.billing.execute(ENTRY, entry_id, ORG, refund_id, "refund")
        await self.billing.execute(POSTING, entry_id, f"revenue:{CLUB}", -PRICE)
        await self.billing.execute(POSTING, entry_id, f"cash:{CLUB}", PRICE)
        receipt_id = await self.a_receipt(refund_id, fd)
        await self.fiscal.execute("update receipt set purpose = 'refund' where receipt_id = $1", receipt_id)
        return refund_id

    async def a_receipt(self, sale_id: UUID, fd: int | None, total: int = PRICE) -> UUID:
        receipt_id = uuid4()
        await self.fiscal.execute(RECEIPT, receipt_id, ORG, CLUB, sale_id, TILL, REGISTER, total, fd)
        return receipt_id

    async def by_hand(self, sale_id: UUID) -> None:
        """Its register did not answer, and manual payment was on."""
        await self.fiscal.execute(
            "update receipt set state = 'unfiscalised', fd = null, manual_payment_id = $2 where sale_id = $1",
            *(sale_id, uuid4()),
        )
        await self.billing.execute("update sale set receipt = 'unfiscalised' where sale_id = $1", sale_id)

    async def a_top_up(self, fd: int = 1, balance: int = PRICE) -> str:
        """Money of a client; the account says `balance`."""
        sale_id, entry_id, client_id = uuid4(), uuid4(), uuid4()
        account = f"client:{client_id}"
        await self.billing.execute(SALE, sale_id, ORG, CLUB, TILL, "top-up", None, PRICE, "paid")
        await self.billing.execute(TENDER, sale_id, "cash", PRICE)
        await self.billing.execute("insert into account values ($1, $2, $3, $4)", account, ORG, client_id, balance)
        await self.billing.execute(ENTRY, entry_id, ORG, sale_id, "top-up")
        await self.billing.execute(POSTING, entry_id, account, PRICE)
        await self.billing.execute(POSTING, entry_id, f"cash:{CLUB}", -PRICE)
        await self.a_receipt(sale_id, fd)
        return account


@dataclass
class Register:
    """The register's own memory, on an emulated KKM-Server."""

    server: KkmServer

    async def prints(self, kopecks: int = PRICE, name: str = "Game time", returns: bool = False) -> int:
        """Sell something, or take it back; the number of the document."""
        await self.do(Kind.OPEN_SHIFT)
        line = Line(name, 1, kopecks, kopecks, -1, 4, 4, 0)
        await self.do(Kind.PRINT, **kkm.receipt_members(Receipt(0, (line,), kopecks, 0, 0), returns))
        number = await self.server.last_fd(Address(1))
        assert isinstance(number, int)
        return number

    async def do(self, kind: Kind, **members: Any) -> None:
        await self.server.execute(kkm.command(kind, str(uuid4()), Address(1), "Anna", None) | members)
