"""What a failure is called at the desk: what happened, what is with the money, what to do now.

Services answer a slug and its values; the sentences are ours, in both languages. What a device or a bank said is shown
as it was said, in quotation marks, by the template.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.domain import money
from console.domain.texts import N_

Translate = Callable[[str], str]

TEXTS: dict[str, str] = {
    # The hall.
    "device_held": N_("%(device_name)s has just been taken. Client and tariff are kept: choose another place."),
    "device_busy": N_("Somebody plays at %(device_name)s. Client and tariff are kept: choose another place."),
    "device_out_of_service": N_("%(device_name)s is out of service. Choose another place."),
    "session_active_elsewhere": N_(
        "This client already plays at another place. End that session first, or sell to a guest."
    ),
    "tariff_not_offered": N_("This tariff is not sold here now. Choose another one."),
    "session_already_ended": N_("This session has already ended."),
    "session_not_started": N_("This session has not started. Cancel its sale instead."),
    "name_taken": N_("This club already has one called %(name)s. Choose another name."),
    "device_in_use": N_("This place has a session. Wait for its end, or end it first."),
    # Money.
    "no_open_shift": N_("No shift is open at this till. Enter the cash in the drawer, and this sale goes on."),
    "shift_closing": N_("The shift is being closed. Pay after the next one is open."),
    "shift_is_open": N_("This till has an open shift. Go on with it, or close it first."),
    "tenders_do_not_add_up": N_("The parts make %(paid_kopecks)s, and %(total_kopecks)s is to be paid."),
    "too_little_received": N_("Received %(received_kopecks)s, and %(amount_kopecks)s is to be paid in cash."),
    "change_from_cash_only": N_("Change is given from cash only."),
    "balance_too_low": N_("The balance is %(balance_kopecks)s, %(missing_kopecks)s short."),
    "balance_not_possible": N_("A guest has no balance. Take cash or a card."),
    "bonus_over_cap": N_("Bonuses can pay %(bonus_max_kopecks)s at most."),
    "bonus_too_low": N_("There are %(bonus_kopecks)s of bonuses, %(missing_kopecks)s short."),
    "bonus_not_possible": N_("Bonuses cannot pay for this. Choose a client, or another way to pay."),
    "not_paid_in_time": N_("The time to pay is over; nothing was taken. Sell again."),
    "sale_fiscalising": N_("This payment was already taken; there will be no second one."),
    "sale_paid": N_("This payment was already taken; there will be no second one."),
    "sale_failed": N_("This sale is over without a payment. Sell again."),
    "sale_cancelled": N_("This sale was cancelled. Sell again."),
    "count_differs": N_("The count differs from the books. Count again, or give a reason."),
    "shift_blocked": N_("The shift cannot close yet. What is in its way stands below."),
    "count_does_not_add_up": N_("The notes and coins do not add up to the sum. Count again."),
    "register_did_not_close": N_("The register did not close its shift; this one stays open. Its words say why."),
    "phone_taken": N_("There is a client with this phone already."),
    "card_taken": N_("There is a client with this card already."),
    "phone_invalid": N_("This is no phone number. Enter ten digits after +7."),
    # The receipt.
    "receipt_unknown": N_(
        "The money is taken. The register received the receipt of %(total_kopecks)s and has not confirmed it. Do not "
        "sell again: it is being asked. If the paper came out, enter its document number. You can serve the next guest."
    ),
    "register_refused": N_("The register refused; there is no receipt."),
    "register_missing": N_("KKM-Server does not find the register. Check that it is on and set up."),
    "register_unreachable": N_(
        "The register does not answer. No receipt was sent. Check that KKM-Server runs and that the register is on and "
        "connected."
    ),
    "register_busy": N_("The register is busy with something else."),
    "register_error": N_("The register is not well; its words say why."),
    "register_not_configured": N_("This club has no register. Add one in the settings, then sell."),
    "register_starting": N_("The register was added a moment ago. Try again in a few seconds."),
    "register_never_accepted": N_("KKM-Server took the receipt several times and did nothing. Look at its log."),
    "tax_not_configured": N_("The club's tax system and VAT are not set. Set them in the settings, then sell."),
    "no_document": N_("Somebody looked: the register made no receipt of it."),
    "no_paper": N_("The register is out of paper. Replace the roll: one receipt will be printed."),
    "too_late": N_("The register was not ready in time; no receipt was sent."),
    "shift_unclear": N_("It is not clear yet whether the register's shift is open."),
    # What a person says about a receipt.
    "document_not_found": N_("The register has no document %(fd)s. Check the number on the paper."),
    "document_of_another": N_("Document %(fd)s was printed for something else. Look for the paper of this receipt."),
    "document_too_early": N_("Document %(fd)s was there before this receipt was sent. Look for a later one."),
    "document_differs": N_(
        "Document %(fd)s in the register is different: %(found_total_kopecks)s. Check the number on the paper."
    ),
    "job_unknown": N_("The club's worker has lost its memory of this receipt. Try again in 5 minutes."),
    "not_sent": N_("Nothing was sent to the register, so there is no document. The receipt goes on by itself."),
    "settlement_superseded": N_("Somebody has said something else about this receipt meanwhile."),
    "receipt_registered": N_("This receipt is registered already: there is nothing to settle."),
    "receipt_refused": N_("This receipt is refused already and has no document: there is nothing to settle."),
    "receipt_waiting": N_("Nothing was sent to the register yet: the receipt goes on by itself."),
    "receipt_ordered": N_("This receipt is on its way to the register. Look again in a moment."),
    # People.
    "permission_missing": N_("You may not do this. Whoever has the permission %(permission)s can do it or grant it."),
    "pin_wrong": N_("Wrong PIN, tries left: %(tries_left)s."),
    "pin_locked": N_("The sign-in is closed for a while. A senior can open it."),
    "pin_too_simple": N_("This PIN is too easy to guess. Choose another one."),
    "sale_not_paid": N_("Only what is paid can be given back. Cancel this sale, or wait until it is paid."),
    "session_not_over": N_("The session is not over. End it first, then give the money back."),
    "nothing_to_refund": N_("Nothing of this is left to give back."),
    "refund_too_high": N_("Less than that is left to give back. Lower the sum."),
    "refund_not_to_balance": N_("This cannot go to a balance. Give it back the way it came."),
    "refund_in_another_club": N_("This was sold in another club. Give it back there."),
    "refund_unknown": N_(
        "The register has not confirmed the return receipt. Give nothing back yet: it is being asked."
    ),
    "drawer_too_low": N_("The drawer should hold %(drawer_kopecks)s, less than that. Give a part of it back."),
    "approval_needed": N_("That is more than one person may give back alone. A second person has to enter a PIN."),
    "proof_needed": N_("A second person has to enter a PIN for this."),
    "proof_wrong": N_("The PIN was entered too long ago, or for something else. Enter it again."),
    "proof_spent": N_("This approval was used or waited too long. Enter the PIN again."),
    "approver_is_asker": N_("Somebody else has to approve this."),
    "approver_may_not": N_("They may not approve this. Ask somebody who may."),
    "approval_over": N_("This approval was used or waited too long. Enter the PIN again."),
    "manual_payment_on": N_("No refund while manual payment is on. The register and the terminal must work."),
    "difference_too_big": N_("The count differs by more than you may close alone. The owner's PIN is needed."),
    "sale_unfiscalised": N_("This was sold without a receipt. It can be given back after its correction receipt."),
    "receipt_unfiscalised": N_(
        "This sale ended without a receipt: there is nothing to settle, a correction closes it."
    ),
    "manual_payment_over": N_("That moment is over. Say until when receipts may be missing."),
    "manual_payment_too_long": N_("Manual payment lasts a day at most. Prolong it when it is needed longer."),
    "bonus_of_nothing": N_("Enter how many bonuses."),
    "register_off": N_("This club fiscalises elsewhere: its register is not reached from here."),
    "answer_lost": N_("The register did not say whether it printed. Look for the paper; ask again if there is none."),
    "register_unheard": N_("The club's worker did not answer. See that its PC is on and connected."),
    "register_exists": N_("This club has a register already: change that one."),
    "tax_day_twice": N_("Two settings begin on the same day. Keep one of them."),
    "search_too_short": N_("Type three signs at least."),
    "credentials_wrong": N_("The login or the password is not right."),
    "account_locked": N_("The sign-in is closed for a while. A senior can open it."),
    "password_change_required": N_("Choose a password of your own first."),
    "till_unknown": N_("This browser is no till any more. Let the owner enrol it again."),
    "not_found": N_("There is no such thing here. It may have been removed, or it is another club's."),
    "request_invalid": N_("Something in the form is not right: %(errors)s"),
    "unexpected": N_("Something unforeseen failed. Pressing again does nothing twice."),
}
"""Slug -> what happened and what to do now."""

MONEY: dict[str, str] = {
    "taken": N_("The money is taken."),
    "returning": N_("Give the money back to the guest."),
    "unknown": N_("It is not known yet whether the money was taken."),
}
"""What is with the money, where the sentence itself does not say it."""

LATER = N_("It is tried again by itself: do not sell a second time.")
"""Where a receipt waits for its register."""

SAYS_MONEY = {"receipt_unknown", "not_paid_in_time", "sale_fiscalising", "sale_paid"}

SERVICES: dict[str, str] = {
    "staff": N_("Sign-in is unavailable for now. The rest works. It will refresh by itself."),
    "hall": N_("The hall is unavailable for now. The rest works. It will refresh by itself."),
    "billing": N_("The till is unavailable for now: nothing can be sold. The rest works. It will refresh by itself."),
    "fiscal": N_("The register is unavailable for now. The rest works. It will refresh by itself."),
}


@dataclass(frozen=True, slots=True)
class Sentences:
    """A failure in words; `device_text` as the device said it."""

    code: str
    text: str
    money: str | None = None
    device_text: str | None = None


def sentences(why: Any, translate: Translate, language: str) -> Sentences:
    """The words for a Problem, an Unreachable, or a sale's own `problem`."""
    if isinstance(why, Mapping):
        code, params, detail = why["code"], why.get("params", {}), why.get("detail", "")
        said, state, retry = why.get("device_text"), why.get("money"), why.get("retry")
    elif hasattr(why, "problem"):
        return sentences(why.problem, translate, language)
    elif hasattr(why, "code"):
        code, params, detail, said = why.code, why.params, why.detail, why.device_text
        state, retry = why.money, why.retry
    else:
        return Sentences("unreachable", translate(SERVICES.get(why.service, SERVICES["billing"])))
    known = TEXTS.get(code)
    text = detail if known is None else _filled(translate(known), params, language)
    text += f" {translate(LATER)}" if retry == "later" and state == "taken" else ""
    about = MONEY.get(state or "") if code not in SAYS_MONEY else None
    return Sentences(code, text, translate(about) if about else None, said)


class _Values(dict[str, str]):
    """A value that a service left out is a dash, and never a failure of the page that tells of a failure."""

    def __missing__(self, key: str) -> str:
        return "—"


def _filled(text: str, params: Mapping[str, Any], language: str) -> str:
    return text % _Values({name: _value(name, value, language) for name, value in _flat(params).items()})


def _flat(params: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those of the document that was found instead of the one that was meant."""
    found = params.get("found")
    return dict(params) | ({f"found_{name}": v for name, v in found.items()} if isinstance(found, Mapping) else {})


def _value(name: str, value: Any, language: str) -> str:
    if name.endswith("_kopecks") and isinstance(value, int):
        return money.shown(value, language)
    if name == "errors" and isinstance(value, list):
        return "; ".join(f"{one.get('field', '')}: {one.get('problem', '')}" for one in value[:3])
    if name in ("until", "pay_by") and isinstance(value, str):
        return f"{datetime.fromisoformat(value):%H:%M}"
    return str(value)
