"""Tariffs over HTTP."""

from dataclasses import replace
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field, model_validator

from edge.auth import Caller, needs
from edge.http import Body, Flag, Whole, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from hall.api.fields import MANAGE, READ, Changing, LocalTime, Name, created
from hall.domain.schedule import Window
from hall.domain.tariff import MINUTES_MAX, Tariff
from hall.store import clubs, tariffs
from kit.db import Database, Tx
from kit.time import new_id

PRICE_KOPECKS_MAX = 10_000_000_00


class PriceBody(Body):
    """What the tariff costs in one zone."""

    zone_id: UUID
    price_kopecks: Whole = Field(gt=0, le=PRICE_KOPECKS_MAX)


class WindowBody(Body):
    """When the tariff is sold, on the club's clock; `to` at or before `from` is on the next day."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    days: Annotated[list[Annotated[Whole, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
    """Days of the week on which the window begins: 1 is Monday."""
    starts: LocalTime = Field(alias="from")
    ends: LocalTime = Field(alias="to")

    def window(self) -> Window:
        return Window(frozenset(self.days), self.starts, self.ends)

    @classmethod
    def of(cls, window: Window) -> Self:
        return cls(days=sorted(window.days), starts=window.starts, ends=window.ends)


Minutes = Annotated[Whole, Field(gt=0, le=MINUTES_MAX)]
Percent = Annotated[Whole, Field(ge=0, le=100)]
Prices = Annotated[list[PriceBody], Field(max_length=100)]
Windows = Annotated[list[WindowBody], Field(max_length=20)]


def _once_each(prices: list[PriceBody] | None) -> None:
    zones = [price.zone_id for price in prices or ()]
    if len(zones) != len(set(zones)):
        raise ValueError("a zone has two prices; keep one of them")


class NewTariff(Body):
    """A tariff to be sold in the club; without windows it is sold at any time."""

    model_config = example(
        name="Ночь",
        minutes=600,
        bonus_cap_percent=30,
        prices=[{"zone_id": "0193a000-0000-7000-8000-0000000000a1", "price_kopecks": 90000}],
        windows=[{"days": [5, 6], "from": "22:00", "to": "08:00"}],
    )

    name: Name
    minutes: Minutes
    bonus_cap_percent: Percent = 0
    active: Flag = True
    prices: Prices
    windows: Windows = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_price_a_zone(self) -> Self:
        _once_each(self.prices)
        return self


class TariffChanges(Changing):
    """What is to be different about a tariff; `prices` and `windows` replace those that are there."""

    model_config = example(active=False)

    name: Name | None = None
    minutes: Minutes | None = None
    bonus_cap_percent: Percent | None = None
    active: Flag | None = None
    prices: Prices | None = None
    windows: Windows | None = None

    @model_validator(mode="after")
    def _one_price_a_zone(self) -> Self:
        _once_each(self.prices)
        return self


class TariffView(Body):
    tariff_id: UUID
    club_id: UUID
    name: str
    minutes: int
    bonus_cap_percent: int
    active: bool
    prices: list[PriceBody]
    windows: list[WindowBody]

    @classmethod
    def of(cls, tariff: Tariff) -> Self:
        plain = {name: getattr(tariff, name) for name in cls.model_fields.keys() - {"prices", "windows"}}
        prices = [PriceBody(zone_id=zone_id, price_kopecks=price) for zone_id, price in tariff.prices.items()]
        return cls(**plain, prices=prices, windows=[WindowBody.of(window) for window in tariff.windows])


def changing_tariffs(db: Database) -> APIRouter:
    """Tariffs are added and changed."""
    routes = APIRouter(tags=["tariffs"])

    @routes.post("/v1/clubs/{club_id}/tariffs", status_code=201, response_model=TariffView)
    async def add_tariff(
        club_id: UUID, body: NewTariff, caller: Caller = needs(MANAGE), once: Once = Depends()
    ) -> Response:
        async def change(tx: Tx) -> Answer:
            club = await clubs.club_of(tx, caller.scope, club_id)
            tariff = Tariff(org_id=club.org_id, club_id=club_id, tariff_id=new_id(), **_known(dict(body)))
            await tariffs.add_tariff(tx, tariff)
            journal(tx, caller, "hall.tariff.added", tariff.tariff_id, club_id=club_id, after=tariff)
            return created(TariffView.of(tariff), f"/v1/tariffs/{tariff.tariff_id}")

        return await once.answer(caller, change)

    @routes.patch("/v1/tariffs/{tariff_id}")
    async def change_tariff(tariff_id: UUID, body: TariffChanges, caller: Caller = needs(MANAGE)) -> TariffView:
        """Change a tariff; sessions that were ordered keep the price and the minutes they were ordered with."""
        async with db.begin() as tx:
            before = await tariffs.tariff_of(tx, caller.scope, tariff_id, lock=True)
            after = replace(before, **_known(body.changes()))
            if after != before:
                await tariffs.save_tariff(tx, after)
                journal(tx, caller, "hall.tariff.changed", tariff_id, club_id=after.club_id, before=before, after=after)
        return TariffView.of(after)

    return routes


def reading_tariffs(db: Database) -> APIRouter:
    """The tariffs of the caller's clubs."""
    routes = APIRouter(tags=["tariffs"])

    @routes.get("/v1/clubs/{club_id}/tariffs")
    async def list_tariffs(
        club_id: UUID, caller: Caller = needs(READ), cursor: Cursor = None, limit: Limit = 50
    ) -> Page[TariffView]:
        async with db.look() as tx:
            await clubs.club_of(tx, caller.scope, club_id)
            found = await tariffs.tariffs_of(tx, caller.scope, club_id, limit, cursor)
        return page([TariffView.of(tariff) for tariff in found], [tariff.tariff_id for tariff in found], limit)

    @routes.get("/v1/tariffs/{tariff_id}")
    async def read_tariff(tariff_id: UUID, caller: Caller = needs(READ)) -> TariffView:
        async with db.look() as tx:
            return TariffView.of(await tariffs.tariff_of(tx, caller.scope, tariff_id))

    return routes


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    """A body's fields as the domain knows them."""
    known = dict(fields)
    if "prices" in known:
        known["prices"] = {price.zone_id: price.price_kopecks for price in known["prices"]}
    if "windows" in known:
        known["windows"] = tuple(window.window() for window in known["windows"])
    return known
