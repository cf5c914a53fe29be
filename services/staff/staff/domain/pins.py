"""PINs: six digits that let a member in at an enrolled till, and which ones anybody would guess."""

from itertools import pairwise

DIGITS = 6

KEYPAD = frozenset({"147258", "258369", "147369", "159357", "357159", "741852", "963852", "789456", "456123"})
"""Ways over the keys that the hand finds by itself."""


def is_pin(text: str) -> bool:
    return len(text) == DIGITS and text.isascii() and text.isdigit()


def too_simple(pin: str) -> bool:
    """Whether `pin` is among those that people try first: few digits, a pattern again, stairs, a way over the keys."""
    assert is_pin(pin)
    again = any(pin == pin[:length] * (DIGITS // length) for length in (2, 3))
    stairs = _stairs(pin) or (_stairs(pin[::2]) and pin[::2] == pin[1::2])
    return len(set(pin)) < 3 or again or stairs or pin == pin[::-1] or pin in KEYPAD


def _stairs(digits: str) -> bool:
    """Whether each digit is as far from the one before as all others: 123456, 135791, 0864."""
    return len({(int(after) - int(before)) % 10 for before, after in pairwise(digits)}) == 1
