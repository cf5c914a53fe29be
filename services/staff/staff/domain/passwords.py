"""Passwords: how they are kept (argon2id), and which ones are good enough.

Hashing takes tens of milliseconds of one processor on purpose: call it in a thread.
"""

import unicodedata

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

LENGTH_MIN = 10
LENGTH_MAX = 128

# OWASP's settings for argon2id: 19 MiB and two passes, so that a small club PC takes it.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)

DECOY = "$argon2id$v=19$m=19456,t=2,p=1$c2F2ZXBvaW50ZGVjb3kwMA$" + "A" * 43
"""What an unknown login's password is compared with, so that it takes as long as a known one's.
No password has this hash; its settings are HASHER's."""


def hashed(password: str) -> str:
    """What is kept of `password`; another salt each time."""
    return HASHER.hash(_typed(password))


def matches(password_hash: str, password: str) -> bool:
    """Whether `password` is the one that `password_hash` was made of."""
    try:
        return HASHER.verify(password_hash, _typed(password))
    except VerifyMismatchError:
        return False


def weakness(password: str, login: str) -> str | None:
    """What is wrong with a new password, in words for the person who chose it; None when nothing is."""
    if len(password) < LENGTH_MIN:
        return f"It needs at least {LENGTH_MIN} characters: a few words in a row are easy to keep in mind."
    if len(set(password)) < 4:
        return "It needs at least four different characters."
    # A login of three letters is part of many a good sentence.
    if len(login) > 3 and login in password.lower():
        return "It must not contain the login."
    return None


def _typed(password: str) -> bytes:
    """The same bytes from every keyboard: macOS composes `й` of two characters."""
    return unicodedata.normalize("NFC", password).encode()
