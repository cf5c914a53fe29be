"""Which receipts are looked for, and what is wrong with one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from console.domain import money
from console.domain.moments import bounds, day, today

STATES = ("ordered", "waiting", "unknown", "registered", "refused", "unfiscalised")
PURPOSES = ("settlement", "advance", "refund", "advance_back")
BACK = ("refund", "advance_back")
"""Purposes of receipts whose money goes out."""
TEXT_MAX = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as somebody filled it in; `day` is None before anybody has."""

    day: str | None = None
    register_id: str = ""
    state: str = ""
    purpose: str = ""
    fd: str = ""
    sum: str = ""
    sale_id: str = ""
    client_id: str = ""
    shift_id: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Asked":
        """As it stands in an address; what else stands there is not looked at."""
        return cls(**{one.name: asked[one.name][:TEXT_MAX].strip() for one in fields(cls) if one.name in asked})

    @property
    def about(self) -> bool:
        """Whether it is about one sale, client or shift, on whatever day."""
        return bool(self.sale_id or self.client_id or self.shift_id)

    def of_today(self, now: datetime, zone: str) -> "Asked":
        """The list opens with the day, unless it is about something else."""
        if self.day is not None or self.about or self.fd:
            return self
        return replace(self, day=today(now, zone).isoformat())

    @property
    def path(self) -> str:
        """The filter in an address."""
        return urlencode(
            {name: value for name, value in asdict(self).items() if value or (name == "day" and value is not None)}
        )


def query(asked: Asked, club_id: str | None, zone: str) -> dict[str, Any]:
    """What fiscal is asked for. A document's number or one sale is looked for on all days."""
    wanted: dict[str, Any] = {
        name: getattr(asked, name) for name in ("register_id", "sale_id", "client_id", "shift_id")
    }
    wanted |= {"state": asked.state if asked.state in STATES else "", "fd": asked.fd if asked.fd.isdigit() else ""}
    wanted["purpose"] = asked.purpose if asked.purpose in PURPOSES else ""
    wanted |= {"total_kopecks": money.typed(asked.sum) if asked.sum else None}
    wanted["club_id"] = None if asked.about else club_id
    known = day(asked.day or "")
    if known is not None and not wanted["fd"]:
        begins, ends = bounds(known, zone)
        wanted |= {"from": begins.isoformat(), "to": ends.isoformat()}
    return wanted


def wrong(receipt: Mapping[str, Any], sale: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What is wrong with a receipt, as a failure in words; None where nothing is.

    Its sale knows what is with the money; without it the receipt's own code is told.
    """
    if receipt["state"] in ("registered", "ordered", "unfiscalised"):
        return None
    back = receipt["purpose"] in BACK
    if sale is not None and sale.get("problem") and sale.get("receipt_id") == receipt["receipt_id"]:
        return _of_refund(sale["problem"]) if back else dict(sale["problem"])
    code = "receipt_unknown" if receipt["state"] == "unknown" else receipt["code"] or "register_unreachable"
    if receipt["state"] == "refused" and receipt["code"] is None:
        code = "register_refused"
    params = {"total_kopecks": receipt["total_kopecks"]}
    told = {"code": code, "detail": code, "device_text": receipt["device_text"], "params": params}
    return _of_refund(told) if back else told


def problem_of(refund: Mapping[str, Any]) -> dict[str, Any] | None:
    """What is wrong with a refund; None where nothing is."""
    return _of_refund(refund["problem"]) if refund["problem"] is not None else None


def _of_refund(problem: Mapping[str, Any]) -> dict[str, Any]:
    """Its money goes the other way, so a receipt in doubt means to hand nothing over."""
    return dict(problem) | ({"code": "refund_unknown"} if problem["code"] == "receipt_unknown" else {})
