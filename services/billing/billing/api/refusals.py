"""Why a payment is not taken or has failed, in words for the person at the desk."""

from typing import Any

from billing.domain.paying import Kind, Unpayable
from billing.domain.sale import Receipt, Sale, State
from kit.errors import Refused

UNPAYABLE = {
    "not_paid_in_time": "The time within which this was to be paid is over; nothing was taken. Order again.",
    "no_open_shift": "No shift is open at this till. Open one with the cash in the drawer, then pay this sale.",
    "shift_closing": "The shift of this till is being closed. Pay after the next one is open.",
    "tender_twice": "Each kind of payment may be named once. Add the amounts up.",
    "tenders_do_not_add_up": "The payments do not add up to the total. Change the amounts.",
    "too_little_received": "Less was received than is to be paid in this way. Take the rest or lower the amount.",
    "change_from_cash_only": "Change is given from cash only. Enter the exact amount for the others.",
    "balance_not_possible": "This cannot be paid from a balance: choose a client, or another way to pay.",
    "balance_too_low": "The balance is too low for this part. Take the rest in cash or by card.",
    "bonus_not_possible": "Bonuses cannot pay for this: choose a client, or another way to pay.",
    "bonus_over_cap": "Bonuses may not pay for that much of this. Lower the bonuses and take the rest otherwise.",
    "bonus_too_low": "The client has fewer bonuses than that. Lower them and take the rest otherwise.",
}

UNPAID = {
    "no_open_shift": "No shift was open at the till, so the payment was not taken. Open one, then order again.",
    "shift_closing": "The till's shift was being closed, so the payment was not taken. Order again in the next one.",
    "tender_twice": "One kind of payment was named twice, so none was taken. Add the amounts up and order again.",
    "tenders_do_not_add_up": "The payments did not add up to the total. Order again with the right amounts.",
    "too_little_received": "Less was received than was to be paid in this way. Order again with the right amounts.",
    "change_from_cash_only": "Change is given from cash only. Order again with the exact amount for the others.",
    "balance_not_possible": "This cannot be paid from a balance. Order again for a client, or with another payment.",
    "balance_too_low": "The balance was too low for this part. Order again and take the rest in cash or by card.",
    "bonus_not_possible": "Bonuses cannot pay for this. Order again for a client, or without bonuses.",
    "bonus_over_cap": "Bonuses may not pay for that much of this. Order again with fewer.",
    "bonus_too_low": "The client had fewer bonuses than that. Order again with fewer.",
    "not_paid_in_time": "Nobody paid within the time that the place was held. Order again.",
    "unknown_client": "There is no such client. Find the client by phone and order again.",
    "unknown_till": "There is no such till in this club. Use one that is listed under tills.",
}
"""Sales that failed before anything was sent to a register: none of these has words of it."""

FAILED = UNPAID | {
    "register_refused": "The register refused; there is no receipt. The text says why.",
    "register_missing": "KKM-Server does not find the register. Check that it is on and set up.",
    "register_unreachable": "The register did not answer in time; no receipt was sent.",
    "register_not_configured": "This club has no register. Add one, or say that it fiscalises elsewhere.",
    "register_starting": "The register was added a moment ago. Try again in a few seconds.",
    "register_never_accepted": "KKM-Server took the receipt several times and did nothing. Look at its log.",
    "tax_not_configured": "The club's tax system and VAT are not set. Set them, then sell.",
    "no_document": "Somebody looked: the register made no receipt of it.",
    "no_paper": "The register is out of paper. Replace the roll, then sell again: one receipt will be printed.",
    "too_late": "The register was not ready in time; no receipt was sent.",
}

WAITING = {
    "register_refused": "The register refused the receipt; the text says why.",
    "register_missing": "KKM-Server does not find the register. Check that it is on and set up.",
    "register_unreachable": "The register does not answer; check that it is on.",
    "register_busy": "The register is busy with something else.",
    "register_error": "The register is not well; its words say why.",
    "register_not_configured": "This club has no register now. Add one.",
    "register_starting": "The register was added a moment ago.",
    "register_never_accepted": "KKM-Server took the receipt several times and did nothing. Look at its log.",
    "tax_not_configured": "The club's tax system and VAT are not set. Set them.",
    "no_document": "Somebody looked: the register made no receipt of it.",
    "no_paper": "The register is out of paper. Replace the roll.",
    "shift_unclear": "It is not clear yet whether the register's shift is open.",
    "too_late": "The register was not ready in time.",
}
"""Receipts that are still to be printed, by themselves: the sale goes on and nobody sells again."""


class NotPayable(Refused):
    """These tenders cannot pay this sale now; nothing was taken."""

    def __init__(self, why: Unpayable, sale: Sale) -> None:
        params = {"sale_id": str(sale.sale_id)} | why.params
        detail = UNPAYABLE[why.code]
        super().__init__(why.code, detail, retry="new_key", money="none", receipt="none", params=params)


class WrongState(Refused):
    """The sale is past the point where this could be done."""

    def __init__(self, sale: Sale) -> None:
        details = {
            State.FISCALISING: "This payment was already taken; there will be no second one.",
            State.PAID: "This sale is paid already.",
            State.FAILED: "This sale is over without a payment. Order again.",
            State.CANCELLED: "This sale was cancelled. Order again.",
        }
        params = {"sale_id": str(sale.sale_id), "state": sale.state}
        super().__init__(f"sale_{sale.state}", details[sale.state], params=params, money=sale.money)


def problem_of(sale: Sale) -> dict[str, Any] | None:
    """What is wrong with a sale: what is with the money, with the receipt, and what to do; None when nothing is."""
    if sale.state is State.FAILED:
        code = sale.code or "failed"
        unknown = "The register's words say why." if sale.device_text else "Its code says why."
        detail = FAILED.get(code, f"The sale failed. {unknown}")
        cash = sale.amount(Kind.CASH)
        handing_back = f" Give {cash // 100}.{cash % 100:02d} back to the guest." if cash else ""
        receipt, retry = "none", "new_key"
        detail += handing_back
    elif sale.state is State.FISCALISING and sale.receipt is Receipt.UNKNOWN:
        code, receipt, retry = "receipt_unknown", "unknown", "never"
        detail = (
            "The money is taken and the register has not confirmed the receipt. Do not sell again: it is being asked."
        )
    elif sale.state is State.FISCALISING and sale.receipt in (Receipt.WAITING, Receipt.REFUSED):
        code, receipt, retry = sale.code or "register_unreachable", "none", "later"
        detail = WAITING.get(code, "The register is not ready.") + " It will be tried again by itself."
    else:
        return None
    params = {"sale_id": str(sale.sale_id), "total_kopecks": sale.total_kopecks}
    said: dict[str, Any] = {"code": code, "detail": detail, "money": sale.money, "receipt": receipt, "retry": retry}
    return said | {"params": params} | ({"device_text": sale.device_text} if sale.device_text else {})
