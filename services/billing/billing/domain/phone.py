"""Telephone numbers as people write them, and as we keep them."""

import re

DIGITS = re.compile(r"\D")


def normal(written: str) -> str | None:
    """`+7XXXXXXXXXX`, from any usual way of writing a Russian number; None for anything else."""
    digits = DIGITS.sub("", written)
    if len(digits) == 11 and digits[0] in "78":
        digits = digits[1:]
    return f"+7{digits}" if len(digits) == 10 else None


def masked(phone: str) -> str:
    """Enough to recognise, too little to call: `+7 916 ···45-67`."""
    return f"{phone[:2]} {phone[2:5]} ···{phone[-4:-2]}-{phone[-2:]}"
