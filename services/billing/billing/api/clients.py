"""Clients over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, Field

from billing import store
from billing.domain import phone as phones
from billing.domain.ledger import balance_account, bonus_account, grant
from billing.domain.search import SIGNS_MIN, asked
from billing.store import Client, ledger, sales
from billing.store.operations import operations as operations_of
from contracts.billing import ClientChanged, ClientRegistered
from edge.auth import Caller, needs
from edge.http import Body, Instant, Text, Whole, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from kit.db import Database, Tx
from kit.errors import Invalid, NotFound, Refused
from kit.time import new_id

KOPECKS_MAX = 1_000_000_00
ACCOUNTS = {"balance": balance_account, "bonus": bonus_account}


class ClientExists(Refused):
    """Another client of the org has this phone or card."""

    def __init__(self, field: str) -> None:
        super().__init__(
            f"{field}_taken", f"Another client has this {field}. Find that client.", params={"field": field}
        )


class BonusesTooFew(Refused):
    """More bonuses are taken back than the client has."""

    def __init__(self, bonus_kopecks: int) -> None:
        detail = "The client has fewer bonuses than that. Take fewer back."
        super().__init__("bonus_too_low", detail, retry="new_key", params={"bonus_kopecks": bonus_kopecks})


class NewClient(Body):
    """Somebody who gets a balance. The phone as people write it: `8 916 123-45-67`, `+79161234567`."""

    model_config = example(phone="+7 916 123-45-67", name="Иван")

    phone: Text = Field(max_length=32)
    name: Text = Field(min_length=1, max_length=128)
    card: Text | None = Field(default=None, min_length=1, max_length=32)


class ClientChange(Body):
    """What is different from now on."""

    phone: Text | None = Field(default=None, max_length=32)
    name: Text | None = Field(default=None, min_length=1, max_length=128)
    card: Text | None = Field(default=None, min_length=1, max_length=32)


class Bonuses(Body):
    """Bonuses that somebody gives a client, or takes back where the amount is negative, and why."""

    model_config = example(amount_kopecks=10000, reason="день рождения")

    amount_kopecks: Whole = Field(ge=-KOPECKS_MAX, le=KOPECKS_MAX)
    reason: Text = Field(min_length=1, max_length=200)


class ClientView(BaseModel):
    client_id: UUID
    name: str
    phone: str
    phone_masked: str
    card: str | None
    registered_at: datetime
    balance_kopecks: int
    held_kopecks: int
    bonus_kopecks: int
    """Bonuses that can be spent; those that a sale has reserved are not in it."""


class FoundClient(BaseModel):
    """A hit of a search: enough to choose by."""

    client_id: UUID
    name: str
    phone_masked: str
    balance_kopecks: int
    bonus_kopecks: int
    matched: Literal["phone", "phone_tail", "card", "name"] | None
    """What of the client is what was typed; absent where nothing was."""


class OperationView(BaseModel):
    """A change of the balance, what it led to, and where it came from."""

    entry_id: UUID
    kind: str
    amount_kopecks: int
    balance_after_kopecks: int
    posted_at: datetime
    sale_id: UUID | None
    sale_number: int | None
    receipt_id: UUID | None
    shift_number: int | None
    person: str | None
    device_name: str | None
    note: str | None


class OperationsWanted(Body):
    """Which changes of a balance, newest first; `as_of` shows the balance of that moment."""

    as_of: Instant | None = None
    account: Literal["balance", "bonus"] = "balance"
    after: Cursor = None
    limit: Limit = 50


def routes(db: Database) -> APIRouter:
    """Clients: register, find, change, and why a balance is what it is."""
    router = APIRouter()
    _register(router, db)
    _give(router)
    _look(router, db)
    return router


def _register(router: APIRouter, db: Database) -> None:
    @router.post("/v1/clients", status_code=201, response_model=ClientView)
    async def register(
        body: NewClient, caller: Caller = needs("billing.client.manage"), once: Once = Depends()
    ) -> Response:
        async def change(tx: Tx) -> Answer:
            ours = (new_id(), caller.scope.org_id, _phone(body.phone), body.name, body.card, tx.now)
            client = Client(*ours)
            taken = await store.add_client(tx, client)
            if taken is not None:
                raise ClientExists(taken)
            known = {"org_id": client.org_id, "client_id": client.client_id, "phone": client.phone, "name": client.name}
            tx.tell(ClientRegistered(**known))
            return Answer(_view(client), f"/v1/clients/{client.client_id}", status=201)

        return await once.answer(caller, change)

    @router.patch("/v1/clients/{client_id}")
    async def change(
        client_id: UUID, body: ClientChange, caller: Caller = needs("billing.client.manage")
    ) -> ClientView:
        async with db.begin() as tx:
            before = await _found(tx, caller, client_id, lock=True)
            phone = _phone(body.phone) if body.phone is not None else before.phone
            card = body.card if "card" in body.model_fields_set else before.card
            ours = (client_id, before.org_id, phone, body.name or before.name, card, before.registered_at)
            taken = await store.change_client(tx, Client(*ours))
            if taken is not None:
                raise ClientExists(taken)
            await _poke(tx, client_id)
            after = await _found(tx, caller, client_id)
            known = {"org_id": after.org_id, "client_id": client_id, "phone": after.phone, "name": after.name}
            tx.tell(ClientChanged(**known))
            return _view(after)


def _give(router: APIRouter) -> None:
    @router.post("/v1/clients/{client_id}/bonuses", status_code=201, response_model=ClientView)
    async def give(
        client_id: UUID, body: Bonuses, caller: Caller = needs("billing.bonus.grant"), once: Once = Depends()
    ) -> Response:
        """Give a client bonuses, or take some back; never below nothing."""

        async def change(tx: Tx) -> Answer:
            client = await _found(tx, caller, client_id, lock=True)
            if body.amount_kopecks == 0:
                raise Invalid("bonus_of_nothing", "Say how many bonuses.", params={"field": "amount_kopecks"})
            if client.bonus_kopecks + body.amount_kopecks < 0:
                raise BonusesTooFew(client.bonus_kopecks)
            await store.open_bonus(tx, client.org_id, client_id)
            why = (caller.person().model_dump(mode="json"), body.reason)
            entry = grant(new_id(), client.org_id, client_id, body.amount_kopecks, *why)
            await ledger.post(tx, [(client.org_id, entry, None)])
            await _poke(tx, client_id)
            told = {"amount_kopecks": body.amount_kopecks}
            journal(tx, caller, "billing.bonus.granted", client_id, after=told, reason=body.reason)
            return Answer(_view(await _found(tx, caller, client_id)), f"/v1/clients/{client_id}", status=201)

        return await once.answer(caller, change)


def _look(router: APIRouter, db: Database) -> None:
    @router.get("/v1/clients")
    async def listed(
        q: Annotated[Text, Query(max_length=64)] = "",
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        caller: Caller = needs("billing.client.read"),
    ) -> Page[FoundClient]:
        """Clients by phone in any form, by its last digits from four on, by card, or by the beginning of any word of
        the name. `q` has three signs at least; without it, all clients, newest first."""
        if 0 < len(q) < SIGNS_MIN:
            params = {"field": "q", "signs_min": SIGNS_MIN}
            raise Invalid("search_too_short", f"Type {SIGNS_MIN} signs at least.", params=params)
        async with db.look() as tx:
            if q:
                return Page(items=[_hit(one) for one in await store.search_clients(tx, caller.scope, asked(q), limit)])
            everybody = await store.newest_clients(tx, caller.scope, after, limit)
        return page([_hit(one) for one in everybody], [one.client_id for one in everybody], limit)

    @router.get("/v1/clients/{client_id}")
    async def one(client_id: UUID, caller: Caller = needs("billing.client.read")) -> ClientView:
        async with db.look() as tx:
            return _view(await _found(tx, caller, client_id))

    @router.get("/v1/clients/{client_id}/operations")
    async def operations(
        client_id: UUID, wanted: Annotated[OperationsWanted, Query()], caller: Caller = needs("billing.client.read")
    ) -> Page[OperationView]:
        """Why the balance is what it is; with `as_of`, what it was then."""
        async with db.look() as tx:
            await _found(tx, caller, client_id)
            account = ACCOUNTS[wanted.account](client_id)
            found = await operations_of(tx, account, wanted.as_of, wanted.limit, wanted.after)
        shown = [OperationView.model_validate(one, from_attributes=True) for one in found]
        return page(shown, [one.entry_id for one in found], wanted.limit)


async def _poke(tx: Tx, client_id: UUID) -> None:
    """Tell those who may look at the client."""
    for club_id in await sales.clubs_of_client(tx, client_id):
        tx.poke(club_id, "client.changed", client_id=client_id)


async def _found(tx: Tx, caller: Caller, client_id: UUID, lock: bool = False) -> Client:
    client = await store.client(tx, caller.scope, client_id, lock=lock)
    if client is None:
        raise NotFound("client", client_id)
    return client


def _phone(written: str) -> str:
    phone = phones.normal(written)
    if phone is None:
        raise Invalid("phone_invalid", "Enter a phone number of ten digits after +7 or 8.", params={"field": "phone"})
    return phone


def _view(client: Client) -> ClientView:
    own = {name: getattr(client, name) for name in ClientView.model_fields if hasattr(client, name)}
    return ClientView(**own, phone_masked=phones.masked(client.phone))


def _hit(client: Client) -> FoundClient:
    own = {name: getattr(client, name) for name in FoundClient.model_fields if hasattr(client, name)}
    return FoundClient(**own, phone_masked=phones.masked(client.phone))
