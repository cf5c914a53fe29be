"""What was typed into the pay dialog, as the payment that billing is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from console.domain.money import typed

KINDS = ("balance", "card", "cash")


@dataclass(frozen=True, slots=True)
class NotASum:
    """This field holds something that is no sum of money."""

    field: str


def of_form(form: Mapping[str, str]) -> dict[str, Any] | NotASum:
    """The payment; billing alone decides whether it pays the sale."""
    sums: dict[str, int] = {}
    for field in (*KINDS, "bonus", "received"):
        text = form.get(field, "").strip()
        kopecks = typed(text) if text else 0
        if kopecks is None:
            return NotASum(field)
        sums[field] = kopecks
    tenders = [_tender(kind, sums, form) for kind in KINDS if sums[kind]]
    return {"tenders": tenders} | ({"bonus_kopecks": sums["bonus"]} if sums["bonus"] else {})


def _tender(kind: str, sums: Mapping[str, int], form: Mapping[str, str]) -> dict[str, Any]:
    tender: dict[str, Any] = {"kind": kind, "amount_kopecks": sums[kind]}
    if kind == "cash" and sums["received"]:
        tender["received_kopecks"] = sums["received"]
    if kind == "card" and form.get("slip", "").strip():
        tender["slip"] = form["slip"].strip()
    return tender
