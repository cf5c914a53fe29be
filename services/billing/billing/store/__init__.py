"""Clients, and what other services told us of: clubs and tills."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    FromClause,
    Insert,
    Row,
    String,
    Time,
    Update,
    Uuid,
    case,
    column,
    delete,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.exc import IntegrityError

from billing.domain.ledger import balance_account, bonus_account, bonus_held_account, held_account
from billing.domain.search import Asked
from edge.scope import Scope
from kit.columns import Moment, insert_on
from kit.db import Tx

clubs = table(
    "club",
    *[column(name, Uuid) for name in ("club_id", "org_id")],
    column("name", String),
    column("time_zone", String),
    column("day_starts_at", Time),
    column("start_on_unknown_receipt", Boolean),
    column("blind_count", Boolean),
)
manual_payments = table(
    "manual_payment", *[column(name, Uuid) for name in ("register_id", "org_id", "club_id")], column("until", Moment)
)
tills = table("till", *[column(name, Uuid) for name in ("till_id", "org_id", "club_id")], column("name", String))
clients = table(
    "client",
    *[column(name, Uuid) for name in ("client_id", "org_id")],
    *[column(name, String) for name in ("phone", "name", "card")],
    column("registered_at", Moment),
)
accounts = table(
    "account",
    *[column(name, Uuid) for name in ("org_id", "client_id")],
    column("account", String),
    column("balance_kopecks", BigInteger),
)

# As the index has it, to the letter.
SIMPLE: ColumnElement[Any] = literal_column("'simple'")
NAME_WORDS: ColumnElement[Any] = literal_column(
    "to_tsvector('simple', regexp_replace(translate(lower(client.name), 'ё', 'е'), '[^[:alnum:]]+', ' ', 'g'))"
)


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody with a balance."""

    client_id: UUID
    org_id: UUID
    phone: str
    name: str
    card: str | None
    registered_at: datetime
    balance_kopecks: int = 0
    held_kopecks: int = 0
    """Reserved by sales that wait for their receipts; not part of the balance."""
    bonus_kopecks: int = 0
    matched: str | None = None
    """Which field a search found."""


async def note_club(tx: Tx, club_id: UUID, org_id: UUID, **values: Any) -> None:
    """Remember a club as it is now."""
    put = insert_on(tx.conn, clubs).values(club_id=club_id, org_id=org_id, **values)
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["club_id"], set_=values))


async def counts_blind(tx: Tx, club_ids: Sequence[UUID]) -> set[UUID]:
    """Those clubs that count a till before they see what should be there."""
    query = select(clubs.c.club_id).where(clubs.c.club_id.in_(club_ids), clubs.c.blind_count)
    return set((await tx.conn.execute(query)).scalars())


async def is_club(tx: Tx, scope: Scope, club_id: UUID) -> bool:
    """Whether it is a club of the caller's."""
    found = select(clubs.c.club_id).where(clubs.c.club_id == club_id, *scope.rows(clubs))
    return (await tx.conn.execute(found)).first() is not None


async def note_till(tx: Tx, till_id: UUID, org_id: UUID, club_id: UUID, name: str) -> None:
    """Remember a till as it is now."""
    put = insert_on(tx.conn, tills).values(till_id=till_id, org_id=org_id, club_id=club_id, name=name)
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["till_id"], set_={"name": name}))


async def till_club(tx: Tx, scope: Scope, till_id: UUID) -> UUID | None:
    """The club of a till of the caller's."""
    found: UUID | None = await tx.conn.scalar(
        select(tills.c.club_id).where(tills.c.till_id == till_id, *scope.rows(tills))
    )
    return found


async def add_client(tx: Tx, client: Client) -> str | None:
    """Add the client with an empty balance; or the field that somebody else has already, and nothing is added."""
    names = ("client_id", "org_id", "phone", "name", "card", "registered_at")
    taken = await _taken(tx, insert(clients).values({name: getattr(client, name) for name in names}))
    if taken is None:
        own = {"org_id": client.org_id, "client_id": client.client_id}
        both = (balance_account(client.client_id), held_account(client.client_id))
        await tx.conn.execute(insert(accounts), [{"account": name, **own} for name in both])
    return taken


async def open_bonus(tx: Tx, org_id: UUID, client_id: UUID) -> None:
    """See that the client has accounts for bonuses: most never get any."""
    both = (bonus_account(client_id), bonus_held_account(client_id))
    put = insert_on(tx.conn, accounts).values(
        [{"account": name, "org_id": org_id, "client_id": client_id} for name in both]
    )
    await tx.conn.execute(put.on_conflict_do_nothing())


async def change_client(tx: Tx, client: Client) -> str | None:
    """Change name, phone or card; or the field that somebody else has already, and nothing is changed."""
    values = {"phone": client.phone, "name": client.name, "card": client.card}
    return await _taken(tx, update(clients).where(clients.c.client_id == client.client_id).values(values))


ONCE = {"client_phone_once": "phone", "client_card_once": "card"}
"""What is one client's in an org, by its constraint: looking first would not see who does the same at this instant."""


async def _taken(tx: Tx, statement: Insert | Update) -> str | None:
    """Do it; or the field by which it is not possible, and the transaction can go on."""
    try:
        async with tx.conn.begin_nested():
            await tx.conn.execute(statement)
    except IntegrityError as failure:
        name = getattr(getattr(failure.orig, "__cause__", None), "constraint_name", None)
        if name not in ONCE:
            raise
        return ONCE[name]
    return None


async def client(tx: Tx, scope: Scope, client_id: UUID, lock: bool = False) -> Client | None:
    """The client with their balance. The lock is taken before the balance is read: nobody spends it meanwhile."""
    here = (clients.c.client_id == client_id, *scope.rows(clients))
    if lock and (await tx.conn.execute(select(clients.c.client_id).where(*here).with_for_update())).first() is None:
        return None
    row = (await tx.conn.execute(_with_balance().where(*here))).first()
    return _client(row) if row else None


async def search_clients(tx: Tx, scope: Scope, asked: Asked, limit: int) -> list[Client]:
    """Clients whom the typed text can mean, the surest first."""
    matches: list[tuple[ColumnElement[bool], str]] = [(clients.c.phone == asked.phone, "phone")] if asked.phone else []
    matches.append((clients.c.card == asked.card, "card"))
    if asked.tail is not None:
        # By the index of the last four first.
        ends = clients.c.phone.endswith(asked.tail, autoescape=True)
        matches.append(((func.right(clients.c.phone, 4) == asked.tail[-4:]) & ends, "phone_tail"))
    if asked.words:
        beginnings = " & ".join(f"'{word}':*" for word in asked.words)
        matches.append((NAME_WORDS.bool_op("@@")(func.to_tsquery(SIMPLE, beginnings)), "name"))
    matched = case(*[(condition, literal(name)) for condition, name in matches]).label("matched")
    surest = case(*[(condition, place) for place, (condition, _) in enumerate(matches)])
    query = _with_balance(matched).where(*scope.rows(clients), or_(*[condition for condition, _ in matches]))
    rows = await tx.conn.execute(query.order_by(surest, clients.c.name, clients.c.client_id).limit(limit))
    return [_client(row) for row in rows]


async def newest_clients(tx: Tx, scope: Scope, after: UUID | None, limit: int) -> list[Client]:
    """A page of all clients, newest first, and one more."""
    query = _with_balance().where(*scope.rows(clients)).order_by(clients.c.client_id.desc()).limit(limit + 1)
    rows = await tx.conn.execute(query if after is None else query.where(clients.c.client_id < after))
    return [_client(row) for row in rows]


def _with_balance(*columns: Any) -> Any:
    """Clients beside their accounts."""
    sides = [(accounts.alias(name), name) for name in ("balance", "held", "bonus")]
    sums = [func.coalesce(side.c.balance_kopecks, 0).label(f"{name}_kopecks") for side, name in sides]
    joined: FromClause = clients
    for (side, _), prefix in zip(sides, ("client:", "held:", "bonus:"), strict=True):
        joined = joined.outerjoin(side, side.c.account == func.concat(prefix, clients.c.client_id))
    return select(clients, *sums, *columns).select_from(joined)


def _client(row: Row[Any]) -> Client:
    names = ("client_id", "org_id", "phone", "name", "card", "registered_at")
    sums = ("balance_kopecks", "held_kopecks", "bonus_kopecks")
    return Client(**{name: getattr(row, name) for name in (*names, *sums)}, matched=getattr(row, "matched", None))


async def note_manual_payment(tx: Tx, register_id: UUID, org_id: UUID, club_id: UUID, until: datetime | None) -> None:
    """Remember until when a register's sales may end without a receipt; None: no longer."""
    if until is None:
        await tx.conn.execute(delete(manual_payments).where(manual_payments.c.register_id == register_id))
        return
    put = insert_on(tx.conn, manual_payments).values(
        register_id=register_id, org_id=org_id, club_id=club_id, until=until
    )
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["register_id"], set_={"until": until}))


async def by_hand(tx: Tx, club_id: UUID) -> bool:
    """Whether manual payment is on in the club; it is over when its time is, told or not."""
    on = select(manual_payments.c.until).where(manual_payments.c.club_id == club_id, manual_payments.c.until > tx.now)
    return (await tx.conn.execute(on.limit(1))).first() is not None


async def starts_on_unknown(tx: Tx, club_ids: Sequence[UUID]) -> set[UUID]:
    """Those clubs that start a paid session although its receipt is unknown."""
    query = select(clubs.c.club_id).where(clubs.c.club_id.in_(club_ids), clubs.c.start_on_unknown_receipt)
    return set((await tx.conn.execute(query)).scalars())
