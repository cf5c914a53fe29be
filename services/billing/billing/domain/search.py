"""What somebody at the desk may mean by what they type: a phone, its end, a card, or a name."""

import re
from dataclasses import dataclass

from billing.domain import phone as phones

SIGNS_MIN = 3
"""Less than that finds half of the club."""
TAIL_MIN = 4
"""Digits by which people say their phone."""
LETTER = re.compile(r"[^\W\d_]")
WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that the typed text can be at once."""

    card: str
    phone: str | None
    tail: str | None
    """The last digits of a phone."""
    words: tuple[str, ...]
    """Beginnings of the words of a name; case and `ё` do not matter."""


def asked(q: str) -> Asked:
    """What `q` can mean."""
    digits = "" if LETTER.search(q) else phones.DIGITS.sub("", q)
    phone = phones.normal(digits)
    tail = digits if phone is None and TAIL_MIN <= len(digits) < 10 else None
    return Asked(q, phone, tail, tuple(WORD.findall(q.lower().replace("ё", "е"))))
