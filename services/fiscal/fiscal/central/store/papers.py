"""A receipt with everything that its paper says, put together from what was ordered, sent and answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from contracts.fiscal import Document
from edge.scope import Scope
from fiscal.central import store
from fiscal.central.domain import paper
from fiscal.central.domain.paper import Line, Numbers, Seller
from fiscal.central.domain.receipt import State
from fiscal.central.store import Register, receipts
from kit.db import Tx

SALE = 1
"""Tag 1054."""


def seller_of(register: Register) -> dict[str, str]:
    """Who settles on this register: as it is registered, and as a person entered it where it does not say."""
    told = {name: str(value or "") for name, value in (register.state or {}).items()}
    own = {name: told.get(name, "") for name in ("organisation", "place", "registration", "ffd")}
    entered = {"inn": register.device.inn, "address": register.address, "kkt_number": register.device.kkt_number}
    return own | {name: said or told.get(name, "") for name, said in entered.items()}


async def paper_of(tx: Tx, receipt: Row[Any]) -> paper.Receipt:
    """All that the receipt's paper says."""
    scope = Scope(receipt.org_id, frozenset({receipt.club_id}))
    sent = await receipts.sent(tx, receipt.receipt_id) or {}
    printed: Mapping[str, Any] = sent.get("receipt") or {}
    document = Document.model_validate(receipt.document) if receipt.document else None
    zone = await store.club_zone(tx, scope, receipt.club_id)
    return paper.Receipt(
        state=_state(receipt),
        seller=Seller(**(receipt.seller or await _seller_now(tx, scope, receipt))),
        sign=_sign(document),
        lines=tuple(_line(line) for line in printed.get("lines") or receipt.lines),
        cash_kopecks=receipt.cash_kopecks,
        received_kopecks=printed.get("cash_kopecks", receipt.cash_kopecks),
        card_kopecks=receipt.card_kopecks,
        advance_kopecks=receipt.advance_kopecks,
        tax_system=printed.get("tax_system"),
        cashier=sent.get("cashier_name") or receipt.cashier_name,
        cashier_inn=sent.get("cashier_inn") or "",
        contact=printed.get("contact") or "",
        at=_issued_at(document) or (receipt.ended_at or receipt.ordered_at).astimezone(zone).strftime(PRINTED),
        document=_numbers(document) if document else None,
    )


PRINTED = "%d.%m.%y %H:%M"


async def _seller_now(tx: Tx, scope: Scope, receipt: Row[Any]) -> dict[str, str]:
    """The seller of a receipt that has no document yet."""
    if receipt.register_id is None:
        return {}
    found = await store.registers_of(tx, scope, register_id=receipt.register_id)
    return seller_of(found[0]) if found else {}


def _state(receipt: Row[Any]) -> str:
    if receipt.state == State.REGISTERED and receipt.document is None:
        return "elsewhere"
    return str(receipt.state)


def _sign(document: Document | None) -> int:
    """As the document itself says (`n` of its QR text)."""
    parts = dict(part.partition("=")[::2] for part in document.qr.split("&")) if document else {}
    said = parts.get("n", "")
    return int(said) if said.isdigit() and int(said) in paper.SIGNS else SALE


def _line(line: Mapping[str, Any]) -> Line:
    subject = line.get("subject")
    return Line(
        name=line["name"],
        quantity=line["quantity"],
        price_kopecks=line["price_kopecks"],
        amount_kopecks=line["amount_kopecks"],
        tax=line.get("tax"),
        method=line.get("method"),
        # What was ordered names it; what was sent has FFD's number.
        subject=subject if isinstance(subject, int) else None,
        measure=line.get("measure") or 0,
    )


def _issued_at(document: Document | None) -> str:
    """The register's own clock, as the document says it; empty where it does not."""
    said = document.issued_at_local if document else ""
    try:
        return datetime.strptime(said[:13], "%Y%m%dT%H%M").strftime(PRINTED)  # noqa: DTZ007  it names no zone
    except ValueError:
        return ""


def _numbers(document: Document) -> Numbers:
    of_shift = (document.fiscal_shift, document.number_in_shift)
    return Numbers(document.fd, document.fn, document.fp, *of_shift, document.qr, document.url)
