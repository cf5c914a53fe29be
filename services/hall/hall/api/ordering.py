"""Ordering a session: what is checked, in which order, and what an order is made of."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.hall import PaymentOrder
from contracts.money import Tender
from edge.auth import Caller
from edge.http import Body, Text, Whole, example
from hall.domain.device import Device
from hall.domain.session import Session, Staff
from hall.domain.tariff import NotOffered
from hall.store import board, clubs, devices, facts, sessions, tariffs
from hall.store.refusals import DeviceOutOfService, TariffNotOffered
from kit.db import Tx
from kit.time import derived_id, new_id

KOPECKS_MAX = 10**12


class TenderBody(Body):
    """One part of a payment. Change is given from cash alone: `received_kopecks` is what the guest handed over."""

    kind: Literal["cash", "card", "balance"]
    amount_kopecks: Whole = Field(gt=0, le=KOPECKS_MAX)
    received_kopecks: Whole | None = Field(default=None, gt=0, le=KOPECKS_MAX)
    slip: Annotated[Text, Field(max_length=40)] | None = None


class PaymentBody(Body):
    """How the guest pays at once."""

    tenders: Annotated[list[TenderBody], Field(min_length=1, max_length=8)]

    def order(self) -> PaymentOrder:
        return PaymentOrder(tenders=tuple(Tender(**dict(tender)) for tender in self.tenders))


class NewSession(Body):
    """A session to be ordered; without `client_id` it is a guest's, without `payment` the sale waits for one."""

    model_config = example(
        device_id="0193a000-0000-7000-8000-0000000000d1",
        till_id="0193a000-0000-7000-8000-0000000000e1",
        tariff_id="0193a000-0000-7000-8000-0000000000b1",
        payment={"tenders": [{"kind": "cash", "amount_kopecks": 45000, "received_kopecks": 50000}]},
    )

    device_id: UUID
    till_id: UUID
    tariff_id: UUID
    client_id: UUID | None = None
    payment: PaymentBody | None = None


async def order(tx: Tx, caller: Caller, wanted: NewSession, pay_within: timedelta) -> Session:
    """Hold the device for a session that waits to be paid. Raises what stands in its way; then nothing was done."""
    device = await _free_device(tx, caller, wanted.device_id)
    club = await clubs.club_of(tx, caller.scope, device.club_id)
    zone = await clubs.zone_of(tx, caller.scope, device.zone_id)
    tariff = await tariffs.tariff_of(tx, caller.scope, wanted.tariff_id, device.club_id)
    client_name = await sessions.client_name_of(tx, caller.scope, wanted.client_id) if wanted.client_id else None

    offer = tariff.offered(device.zone_id, club.wall_clock(tx.now))
    if isinstance(offer, NotOffered):
        raise TariffNotOffered(offer)
    session_id = new_id()
    ordered = Session(
        org_id=device.org_id,
        club_id=device.club_id,
        session_id=session_id,
        sale_id=derived_id("sale", session_id),
        till_id=wanted.till_id,
        device_id=device.device_id,
        device_name=device.name,
        zone_name=zone.name,
        client_id=wanted.client_id,
        client_name=client_name,
        tariff_id=tariff.tariff_id,
        tariff_name=tariff.name,
        minutes=tariff.minutes,
        price_kopecks=offer.price_kopecks,
        bonus_cap_percent=tariff.bonus_cap_percent,
        ordered_at=tx.now,
        ordered_by=Staff(caller.subject, caller.name),
        pay_by=tx.now + pay_within,
    )

    await sessions.add_order(tx, caller.scope, ordered)
    await board.devices_changed(tx, (ordered.club_id, ordered.device_id))

    tx.tell(facts.ordered(ordered, caller.person(), wanted.payment.order() if wanted.payment else None))
    return ordered


async def _free_device(tx: Tx, caller: Caller, device_id: UUID) -> Device:
    """The device, locked: nobody else can take it until the commit."""
    device = await devices.device_of(tx, caller.scope, device_id, lock=True)
    if not device.in_service:
        raise DeviceOutOfService(device)
    await sessions.refuse_if_taken(tx, device.device_id)
    return device
