"""A club's registers as the desk shows them, and what a form about one means."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

Register = Mapping[str, Any]
SYSTEMS = ("usn_income", "usn_income_expense", "osn", "patent", "eshn")
RATES = ("none", "5", "7", "22", "10", "0", "20")
FIELDS = ("name", "mode", "num_device", "kkt_number", "inn", "cashier_name", "address")
SHIFT_ENDS_SOON_S = 30 * 60
REMINDS_FOR = timedelta(hours=12)
"""So long every page says that receipts are missing; the registers' page says it until a correction closes them."""


def by_hand(registers: Iterable[Register] | None, now: datetime) -> list[Register]:
    """Registers whose sales end without a receipt, or lately did; none where they are not known."""
    return [one for one in registers or () if one.get("manual_payment") or _lately(one, now)]


def _lately(register: Register, now: datetime) -> bool:
    last_at = (register.get("unfiscalised") or {}).get("last_at")
    return last_at is not None and now - datetime.fromisoformat(last_at) < REMINDS_FOR


def lamp(register: Register) -> str:
    """`good`: it answers; `bad`: it does not; `grey`: off, or nobody knows."""
    if register["mode"] != "kkm_server" or register.get("reachable") is None:
        return "grey"
    return "good" if register["reachable"] else "bad"


def settings(register: Register) -> dict[str, Any]:
    """What a form shows of a register."""
    return {name: register[name] for name in FIELDS if name in register} | dict(register["device"])


def body_of(filled: Mapping[str, str]) -> dict[str, Any]:
    """A register as fiscal takes it; spaces in long numbers do not matter."""
    known = {name: " ".join(filled.get(name, "").split()) for name in FIELDS}
    packed = {name: known[name].replace(" ", "") for name in ("kkt_number", "inn", "num_device")}
    number = int(packed["num_device"]) if packed["num_device"].isdigit() else 0
    return known | packed | {"mode": "off" if known["mode"] == "off" else "kkm_server", "num_device": number}


def closes_soon(register: Register, now: datetime) -> bool:
    """Whether the register's shift is so old that its worker is about to change it for a new one."""
    shift = register.get("shift") or {}
    if shift.get("state") != "open" or not shift.get("closes_by"):
        return False
    return (datetime.fromisoformat(shift["closes_by"]) - now).total_seconds() < SHIFT_ENDS_SOON_S


def with_tax(known: Iterable[Mapping[str, str]], since: str, system: str, vat: str) -> list[dict[str, str]]:
    """The dated tax settings with one more; what began on that day is replaced."""
    kept = [dict(one) for one in known if one["since"] != since]
    return sorted([*kept, {"since": since, "system": system, "vat": vat}], key=lambda one: one["since"])


def without_tax(known: Iterable[Mapping[str, str]], since: str) -> list[dict[str, str]]:
    """The dated tax settings without the one that began on that day."""
    return [dict(one) for one in known if one["since"] != since]
