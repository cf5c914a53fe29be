"""Which tariffs a device can have now, and why it cannot have the others."""

from uuid import UUID

from fastapi import APIRouter

from edge.auth import Caller, needs
from edge.http import Body
from hall.api.fields import READ
from hall.api.tariffs import WindowBody
from hall.domain.tariff import NotOffered, Offer, Reason
from hall.store import clubs, devices, sessions, tariffs
from kit.db import Database


class OfferView(Body):
    """A tariff that can be ordered for the device now."""

    tariff_id: UUID
    name: str
    minutes: int
    price_kopecks: int
    bonus_cap_percent: int


class NotOfferedView(Body):
    """A tariff that cannot; `window` is the next one, where the schedule is the reason."""

    tariff_id: UUID
    name: str
    reason: Reason
    window: WindowBody | None


class OffersView(Body):
    offers: list[OfferView]
    not_offered: list[NotOfferedView]


def offer_routes(db: Database) -> APIRouter:
    """Offers for the devices of the caller's clubs."""
    routes = APIRouter(tags=["tariffs"])

    @routes.get("/v1/devices/{device_id}/offers")
    async def read_offers(device_id: UUID, caller: Caller = needs(READ), client_id: UUID | None = None) -> OffersView:
        """What can be ordered for the device now, and why the club's other tariffs cannot."""
        async with db.look() as tx:
            device = await devices.device_of(tx, caller.scope, device_id)
            club = await clubs.club_of(tx, caller.scope, device.club_id)
            if client_id is not None:
                # Prices are the same for all clients in this version; only whose client it is matters.
                await sessions.client_name_of(tx, caller.scope, client_id)
            known = await tariffs.tariffs_of(tx, caller.scope, device.club_id, tariffs.TARIFFS_MAX)
            wall_clock = club.wall_clock(tx.now)
        return _offers([tariff.offered(device.zone_id, wall_clock) for tariff in known])

    return routes


def _offers(answers: list[Offer | NotOffered]) -> OffersView:
    offers, not_offered = [], []
    for answer in sorted(answers, key=lambda one: (one.tariff.minutes, one.tariff.name)):
        tariff = answer.tariff
        named = {"tariff_id": tariff.tariff_id, "name": tariff.name}
        if isinstance(answer, NotOffered):
            window = WindowBody.of(answer.window) if answer.window else None
            not_offered.append(NotOfferedView(**named, reason=answer.reason, window=window))
        else:
            terms = {"minutes": tariff.minutes, "bonus_cap_percent": tariff.bonus_cap_percent}
            offers.append(OfferView(**named, **terms, price_kopecks=answer.price_kopecks))
    return OffersView(offers=offers, not_offered=not_offered)
