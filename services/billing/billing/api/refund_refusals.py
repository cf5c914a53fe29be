"""Why money does not go back, in words for the person at the desk."""

from billing.domain.refund import Unrefundable
from billing.domain.sale import Sale
from kit.errors import Refused

UNREFUNDABLE = {
    "sale_not_paid": "Only what is paid can be given back. Cancel this sale, or wait until it is paid.",
    "session_not_over": "The session is not over. End it first, then give the money back.",
    "manual_payment_on": "Manual payment is on: no receipts are printed. Give the money back when the register works.",
    "sale_unfiscalised": "This was sold without a receipt. Give it back after its correction receipt is printed.",
    "nothing_to_refund": "Nothing of this is left to give back.",
    "refund_too_high": "Less than that is left to give back. Lower the amount.",
    "refund_not_to_balance": "This cannot go to a balance. Give it back the way it came.",
    "refund_in_another_club": "This was sold in another club. Give it back there.",
    "no_open_shift": "No shift is open at this till. Open one with the cash in the drawer, then give the money back.",
    "shift_closing": "The shift of this till is being closed. Give the money back after the next one is open.",
    "drawer_too_low": "The drawer should hold less cash than that. Give a part of it, or give it to the balance.",
    "approval_needed": "That is more than one person may give back alone. A second person has to agree.",
}


class NotRefundable(Refused):
    """This does not go back now; nothing was changed."""

    def __init__(self, why: Unrefundable, sale: Sale) -> None:
        params = {"sale_id": str(sale.sale_id)} | why.params
        super().__init__(why.code, UNREFUNDABLE[why.code], retry="new_key", money="none", receipt="none", params=params)
