"""What the signing secret is good for: it seals the signing keys, and makes secrets that are shown once.

A secret that is shown once must be told again when its answer was lost on the way, and must not be stored. So the
stored answer holds a seed, and the secret is made of the seed by a key that the database does not have.
"""

import base64
import hmac
from hashlib import sha256
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class WrongSecret(Exception):
    """SAVEPOINT_SIGNING_SECRET is not the secret that the signing keys in the database were sealed with."""


class Vault:
    """Keys made of the signing secret, one for each use."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(_derived(secret, b"signing keys")))
        self._shown_once = _derived(secret, b"shown once")
        self._logins = _derived(secret, b"logins")
        self._refreshes = _derived(secret, b"refresh tokens")
        self._pins = _derived(secret, b"pins")

    def seal(self, plain: bytes) -> bytes:
        """`plain`, for the database."""
        return self._fernet.encrypt(plain)

    def open(self, sealed: bytes) -> bytes:
        """What `seal` took. Raises WrongSecret."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken:
            detail = "SAVEPOINT_SIGNING_SECRET is not the one that the keys in the database were sealed with."
            raise WrongSecret(detail) from None

    def one_time_password(self, seed: str) -> str:
        """A password to be read out and typed once: 80 bits, such as `k7wm-2xq6-a5bc-defg`."""
        text = base64.b32encode(self._made_of(seed, b"password")[:10]).decode().lower()
        return "-".join(text[place : place + 4] for place in range(0, len(text), 4))

    def machine_secret(self, seed: str) -> str:
        """A machine's secret, 256 bits."""
        return base64.urlsafe_b64encode(self._made_of(seed, b"machine")).decode().rstrip("=")

    def till_secret(self, seed: str) -> str:
        """What the browser of an enrolled till holds, 256 bits."""
        return base64.urlsafe_b64encode(self._made_of(seed, b"till")).decode().rstrip("=")

    def successor(self, token: str) -> str:
        """The refresh token in the place of `token`, 256 bits: two tabs that ask at once are given the same one."""
        return base64.urlsafe_b64encode(hmac.new(self._refreshes, token.encode(), sha256).digest()).decode().rstrip("=")

    def peppered(self, member_id: UUID, pin: str) -> str:
        """What is hashed of a PIN: of six digits alone a stolen database could be made to tell them in hours."""
        return hmac.new(self._pins, f"{member_id}/{pin}".encode(), sha256).hexdigest()

    def login_key(self, login: str) -> str:
        """The name under which tries of `login` are counted: people type passwords into the wrong field."""
        return hmac.new(self._logins, login.encode(), sha256).hexdigest()

    def _made_of(self, seed: str, use: bytes) -> bytes:
        return hmac.new(self._shown_once, use + b"/" + seed.encode(), sha256).digest()


def secret_hash(secret: str) -> str:
    """What is kept of a secret that has 256 random bits: nobody can guess those, so a fast hash will do."""
    return sha256(secret.encode()).hexdigest()


def _derived(secret: str, use: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"savepoint staff", info=use).derive(secret.encode())
