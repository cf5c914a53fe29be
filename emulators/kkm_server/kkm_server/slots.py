"""A slot in the words of the control endpoint, and the register it stands for."""

import math
import uuid
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from kkm_server.domain.codes import TAX_VARIANTS
from kkm_server.domain.device import Device
from kkm_server.domain.money import rubles
from kkm_server.domain.register import Register, ShiftState

# What is not modelled has to be said: silence would look like a device that works.
REGISTERS_ONLY = "this version models registers only"


def _kkt(kind: str) -> str:
    if kind != "kkt":
        raise ValueError(REGISTERS_ONLY)
    return kind


def _modelled_ffd(ffd: str) -> str:
    if ffd != "1.2":
        raise ValueError("this version models FFD 1.2 only")
    return ffd


def _tax_variants(text: str) -> str:
    variants = text.split(",")
    if not set(variants) <= set(TAX_VARIANTS) or len(set(variants)) != len(variants):
        raise ValueError("a comma list of different tax systems 0 to 5 is wanted")
    return text


def _no_terminal(seconds: float) -> float:
    if seconds:
        raise ValueError(REGISTERS_ONLY)
    return seconds


Rubles = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,2})?$")]
Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=200)]


class Slot(BaseModel):
    """A device as `PUT /control/state` takes it; what is left out is as the product has it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    NumDevice: Annotated[int, Field(ge=1, le=9999)] = 1
    kind: Annotated[str, AfterValidator(_kkt)] = "kkt"
    IdTypeDevice: Text = "KktEmulator"
    IdDevice: Text = ""
    UnitName: Text = ""
    INN: Annotated[str, Field(pattern=r"^([0-9]{10}|[0-9]{12})$")] = "7701237658"
    KktNumber: Text = ""
    ffd: Annotated[str, AfterValidator(_modelled_ffd)] = "1.2"
    tax_variants: Annotated[str, AfterValidator(_tax_variants)] = "0,1"
    shift: Literal["open", "closed", "expired"] = "closed"
    cash: Rubles = "0.00"
    paper: bool = True
    active: bool = True
    fs_days_left: Annotated[int, Field(ge=-3650, le=3650)] = 400
    ofd_unsent: Annotated[int, Field(ge=0)] = 0
    ofd_oldest_days: Annotated[int, Field(ge=0, le=3650)] = 0
    OFD_Error: Text = ""
    seconds_per_receipt: Seconds = 0.0
    seconds_per_payment: Annotated[Seconds, AfterValidator(_no_terminal)] = 0.0
    seconds_per_report: Seconds = 0.0
    online: bool = True


# Fields of `Slot` and the settings of a device that they are.
_SETTINGS = {
    "IdTypeDevice": "type_id",
    "IdDevice": "device_id",
    "UnitName": "unit_name",
    "INN": "inn",
    "KktNumber": "kkt_number",
    "ffd": "ffd",
    "active": "active",
    "online": "online",
    "OFD_Error": "ofd_error",
    "seconds_per_receipt": "seconds_per_receipt",
    "seconds_per_report": "seconds_per_report",
}


def new_register(slot: Slot, now: datetime, generation: int) -> Register:
    """A register fresh from the factory; a fiscal drive of its own per state, as its numbers begin again at 1."""
    num = slot.NumDevice
    device = Device(
        num=num,
        type_id=slot.IdTypeDevice,
        device_id=slot.IdDevice or str(uuid.uuid5(uuid.NAMESPACE_OID, f"savepoint-kkm-emulator/{num}")),
        unit_name=slot.UnitName or f"Касса {num}",
        inn=slot.INN,
        kkt_number=slot.KktNumber or f"{149060006000000 + num:016d}",
        tax_variants=tuple(slot.tax_variants.split(",")),
    )
    fs_number = f"9999{generation % 10**8:08d}{num:04d}"
    blank = Register(device, fs_number, fs_ends_at=now)
    given = set(Slot.model_fields) - {"IdDevice", "UnitName", "KktNumber"}
    return changed(blank, slot, given, now)


def changed(register: Register, slot: Slot, given: AbstractSet[str], now: datetime) -> Register:
    """The register with the given fields of a slot, and all others as they are."""
    settings = {_SETTINGS[name]: getattr(slot, name) for name in given if name in _SETTINGS}
    if "tax_variants" in given:
        settings["tax_variants"] = tuple(slot.tax_variants.split(","))
    state: dict[str, Any] = {"device": replace(register.device, **settings)}
    if "cash" in given:
        state["cash_kopecks"] = int(Decimal(slot.cash) * 100)
    if "paper" in given:
        state["paper"] = slot.paper
    if "fs_days_left" in given:
        state["fs_ends_at"] = now + timedelta(days=slot.fs_days_left)
    if "ofd_unsent" in given:
        state["ofd_unsent"] = slot.ofd_unsent
        state["ofd_oldest_at"] = register.ofd_oldest_at or now
    if "ofd_oldest_days" in given:
        state["ofd_oldest_at"] = now - timedelta(days=slot.ofd_oldest_days)
    with_state = replace(register, **state)
    return with_state.with_shift(ShiftState(slot.shift), now) if "shift" in given else with_state


def shown(register: Register, now: datetime) -> dict[str, Any]:
    """A register in the words of the control endpoint."""
    device = register.device
    oldest = register.ofd_oldest_at if register.ofd_unsent else None
    return {
        "NumDevice": device.num,
        "kind": "kkt",
        **{name: getattr(device, setting) for name, setting in _SETTINGS.items()},
        "tax_variants": ",".join(device.tax_variants),
        "shift": register.shift_state(now).value,
        "cash": rubles(register.cash_kopecks),
        "paper": register.paper,
        # A day that has begun counts, so that a drive set to 10 days is shown with 10.
        "fs_days_left": math.ceil((register.fs_ends_at - now) / timedelta(days=1)),
        "ofd_unsent": register.ofd_unsent,
        "ofd_oldest_days": 0 if oldest is None else (now - oldest) // timedelta(days=1),
        "seconds_per_payment": 0.0,
    }
