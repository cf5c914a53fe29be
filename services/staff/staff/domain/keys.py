"""Signing keys over time: a new one is published well before it signs, an old one until its tokens are dead."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import ECAlgorithm

PUBLISHED_BEFORE = timedelta(hours=1)
"""Longer than any reader caches the keys (10 minutes): who meets a new key's first token knows the key by then."""
PUBLISHED_AFTER = timedelta(hours=1)
"""Longer than a token lives (10 minutes), and than clocks differ."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key pair; the private half is sealed. It signs from `signs_from` until the next one does."""

    kid: str
    public: dict[str, str]
    sealed: bytes = field(repr=False)
    signs_from: datetime


def signing(keys: Sequence[SigningKey], now: datetime) -> SigningKey:
    """The key that signs at `now`: the last that began, or the first of all where clocks differ at the first start."""
    began = [key for key in keys if key.signs_from <= now]
    return max(began, key=_begin) if began else min(keys, key=_begin)


def next_begin(keys: Sequence[SigningKey], now: datetime, every: timedelta) -> datetime | None:
    """When a key that is to be made now begins to sign; None while none is due."""
    if not keys:
        return now
    newest = max(keys, key=_begin)
    return now + PUBLISHED_BEFORE if now >= newest.signs_from + every - PUBLISHED_BEFORE else None


def dead(keys: Sequence[SigningKey], now: datetime) -> list[SigningKey]:
    """The keys whose every token has expired: they need not be published any more."""
    ordered = sorted(keys, key=_begin)
    return [key for key, after in pairwise(ordered) if now >= after.signs_from + PUBLISHED_AFTER]


def draw() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


def public_jwk(private: EllipticCurvePrivateKey, kid: str) -> dict[str, str]:
    """The public half, as a JWKS shows it."""
    jwk = json.loads(ECAlgorithm.to_jwk(private.public_key()))
    return {**jwk, "kid": kid, "alg": "ES256", "use": "sig"}


def to_pem(private: EllipticCurvePrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def from_pem(pem: bytes) -> EllipticCurvePrivateKey:
    private = load_pem_private_key(pem, password=None)
    assert isinstance(private, EllipticCurvePrivateKey), type(private)
    return private


def _begin(key: SigningKey) -> datetime:
    return key.signs_from
