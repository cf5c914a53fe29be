"""What the hall follows: sales, which start and refuse its sessions, and clients, whose names stand on its tiles."""

from contracts.billing import ClientChanged, ClientRegistered, SaleCancelled, SaleFailed, SalePaid, SaleUnconfirmed
from hall.domain.session import Money, Refusal, Session, State
from hall.store import board, facts, sessions
from kit.consume import Handlers
from kit.db import Tx
from kit.parked import Delivery

SaleFact = SalePaid | SaleUnconfirmed | SaleFailed | SaleCancelled
ClientFact = ClientRegistered | ClientChanged


class SaleOfAnotherSession(Exception):
    """A sale's fact names a session that has another sale: one of the two services is wrong."""


class PaidWithoutSession(Exception):
    """A guest has paid for a session that was refused before: a person must give the money back."""


def handlers() -> Handlers:
    """The facts that the hall follows."""
    follow = Handlers()

    @follow.handle(SalePaid)
    async def start_paid(tx: Tx, sale: SalePaid, delivery: Delivery) -> None:
        """Start the session that the sale pays for."""
        await start(tx, sale)

    @follow.handle(SaleUnconfirmed)
    async def start_unconfirmed(tx: Tx, sale: SaleUnconfirmed, delivery: Delivery) -> None:
        """Start it all the same: the guest has paid, and the receipt is billing's and fiscal's to settle."""
        await start(tx, sale)

    @follow.handle(SaleFailed)
    async def refuse_failed(tx: Tx, sale: SaleFailed, delivery: Delivery) -> None:
        """Refuse the session for the sale's reason."""
        # A device's text is kept as it is, but for the one character that Postgres does not take.
        device_text = sale.device_text.replace("\0", "") if sale.device_text is not None else None
        await refuse(tx, sale, Refusal(sale.code, Money(sale.money), device_text))

    @follow.handle(SaleCancelled)
    async def refuse_cancelled(tx: Tx, sale: SaleCancelled, delivery: Delivery) -> None:
        """Refuse the session whose sale a person called off."""
        await refuse(tx, sale, Refusal("sale_cancelled", Money.NONE))

    @follow.handle(ClientRegistered)
    async def show_client(tx: Tx, client: ClientRegistered, delivery: Delivery) -> None:
        """Know the client's name, and show it where the client already plays."""
        await show_name(tx, client)

    @follow.handle(ClientChanged)
    async def show_client_again(tx: Tx, client: ClientChanged, delivery: Delivery) -> None:
        """Show the client's new name."""
        await show_name(tx, client)

    return follow


async def start(tx: Tx, sale: SalePaid | SaleUnconfirmed) -> None:
    """Start the sale's session, if it waits for that; a session that runs or has run is left alone."""
    session = await _waiting(tx, sale)
    if session is None:
        return

    # Agents come later: then this sends the start to the device, and the clock runs from the agent's acknowledgement.
    started = session.start(tx.now)

    await _save(tx, started)

    tx.tell(facts.started(started))


async def refuse(tx: Tx, sale: SaleFailed | SaleCancelled, why: Refusal) -> None:
    """Refuse the sale's session and free its device. One that already runs goes on: its guest has paid, by
    `SaleUnconfirmed`, and what is wrong with the sale is billing's to settle."""
    session = await _waiting(tx, sale)
    if session is None:
        return

    refused = session.refuse(tx.now, why)

    await _save(tx, refused)

    tx.tell(facts.refused(refused))


async def show_name(tx: Tx, client: ClientFact) -> None:
    """Keep the client's name, and write it on the tiles where the client plays."""
    await board.among_several_clubs(tx)
    await sessions.put_client(tx, client.org_id, client.client_id, client.name)

    renamed = await sessions.name_client(tx, client.org_id, client.client_id, client.name)
    await board.devices_changed(tx, *((session.club_id, session.device_id) for session in renamed))


async def _waiting(tx: Tx, sale: SaleFact) -> Session | None:
    """The sale's session, locked, if it still waits for its sale. A top-up has none.

    Raises NotFound for a session that the hall never had: it told of it before there could be a sale.
    """
    if sale.session_id is None:
        return None
    # A session waits once: whoever does not wait now never will, and needs no lock. So this transaction, which may
    # already hold boards, never waits for somebody who ends a session and wants a board.
    known = await sessions.sale_state_of(tx, sale.session_id)
    if known.sale_id != sale.sale_id:
        raise SaleOfAnotherSession(f"session {sale.session_id} has the sale {known.sale_id}, not {sale.sale_id}")
    if known.state is State.REFUSED and isinstance(sale, SalePaid | SaleUnconfirmed):
        raise PaidWithoutSession(f"sale {sale.sale_id} was paid, and its session {sale.session_id} was refused")
    if known.state is not State.ORDERED:
        return None
    # A batch of messages is one transaction, and may be about several clubs.
    await board.among_several_clubs(tx)
    session = await sessions.session_for_update(tx, sale.session_id)
    return session if session.state is State.ORDERED else None


async def _save(tx: Tx, session: Session) -> None:
    """Write the session and its tile."""
    await sessions.save_session(tx, session)
    await board.devices_changed(tx, (session.club_id, session.device_id))
