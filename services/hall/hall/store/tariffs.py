"""Tariffs, with their prices and windows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import time
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, select, update

from edge.scope import Scope
from hall.domain.schedule import Window
from hall.domain.tariff import Tariff
from hall.store import tables
from hall.store.refusals import NameTaken
from hall.store.rows import constrained, one, room_for_one_more, some
from kit.db import Tx
from kit.errors import NotFound

TARIFFS_MAX = 200
COLUMNS = ("org_id", "club_id", "tariff_id", "name", "minutes", "bonus_cap_percent", "active")


async def add_tariff(tx: Tx, tariff: Tariff) -> None:
    """Keep a new tariff. Raises NameTaken, TooMany, NotFound where a zone is not the club's."""
    await room_for_one_more(tx, tables.tariff, tariff.club_id, TARIFFS_MAX)
    async with constrained(tx, **_refusals(tariff)):
        await tx.conn.execute(insert(tables.tariff).values(_values(tariff)))
    await _add_prices(tx, tariff)


async def tariff_of(tx: Tx, scope: Scope, tariff_id: UUID, club_id: UUID | None = None, lock: bool = False) -> Tariff:
    """The tariff, of that club if one is named, where the caller may see it; `lock` to change it. Raises NotFound."""
    row = await one(tx, scope, tables.tariff, tariff_id, lock)
    if club_id is not None and row.club_id != club_id:
        raise NotFound("tariff", tariff_id)
    return (await _tariffs(tx, [row]))[0]


async def tariffs_of(tx: Tx, scope: Scope, club_id: UUID, limit: int, after: UUID | None = None) -> list[Tariff]:
    """A page of the club's tariffs and one more."""
    return await _tariffs(tx, await some(tx, scope, tables.tariff, limit, after, tables.tariff.c.club_id == club_id))


async def save_tariff(tx: Tx, tariff: Tariff) -> None:
    """Write a tariff that was locked. Raises NameTaken, NotFound where a zone is not the club's."""
    async with constrained(tx, **_refusals(tariff)):
        ours = update(tables.tariff).where(tables.tariff.c.tariff_id == tariff.tariff_id)
        await tx.conn.execute(ours.values(_values(tariff)))
    await tx.conn.execute(delete(tables.tariff_price).where(tables.tariff_price.c.tariff_id == tariff.tariff_id))
    await _add_prices(tx, tariff)


async def _add_prices(tx: Tx, tariff: Tariff) -> None:
    ids = {"tariff_id": tariff.tariff_id, "club_id": tariff.club_id}
    for zone_id, price_kopecks in tariff.prices.items():
        # One by one, so that the zone that is not the club's can be named.
        async with constrained(tx, **{tables.PRICE_ZONE_OF_CLUB: NotFound("zone", zone_id)}):
            price = {"zone_id": zone_id, "price_kopecks": price_kopecks}
            await tx.conn.execute(insert(tables.tariff_price).values(ids | price))


async def _tariffs(tx: Tx, rows: Sequence[Row[Any]]) -> list[Tariff]:
    prices: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    wanted = [row.tariff_id for row in rows]
    for price in await tx.conn.execute(select(tables.tariff_price).where(tables.tariff_price.c.tariff_id.in_(wanted))):
        prices[price.tariff_id][price.zone_id] = price.price_kopecks
    return [
        Tariff(
            **{name: getattr(row, name) for name in COLUMNS},
            prices=prices[row.tariff_id],
            windows=tuple(_window(stored) for stored in row.windows),
        )
        for row in rows
    ]


def _values(tariff: Tariff) -> dict[str, Any]:
    return {name: getattr(tariff, name) for name in COLUMNS} | {"windows": [_stored(w) for w in tariff.windows]}


def _stored(window: Window) -> dict[str, Any]:
    return {"days": sorted(window.days), "starts": f"{window.starts:%H:%M}", "ends": f"{window.ends:%H:%M}"}


def _window(stored: dict[str, Any]) -> Window:
    return Window(frozenset(stored["days"]), time.fromisoformat(stored["starts"]), time.fromisoformat(stored["ends"]))


def _refusals(tariff: Tariff) -> dict[str, Exception]:
    return {tables.TARIFF_NAME_ONCE: NameTaken("tariff", tariff.name)}
