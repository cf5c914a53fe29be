"""Fields that several bodies have: what a name, a club list or a password may look like."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, SecretStr, WithJsonSchema

from edge.http import Body, Text
from staff.domain.passwords import LENGTH_MAX
from staff.domain.pins import is_pin

CLUBS_MAX = 100
"""A token names its clubs and travels in a header: gateways take 8 KB of one. Who works at more works at all."""

Name = Annotated[Text, Field(min_length=1, max_length=64)]
"""At most what a receipt prints of a cashier."""

Login = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$"), AfterValidator(str.lower)]
Inn = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Clubs = Annotated[list[UUID], Field(min_length=1, max_length=CLUBS_MAX)]


def _typed(secret: SecretStr) -> SecretStr:
    """Nobody types a control character, and of half a surrogate pair no bytes can be made."""
    if any(ord(c) < 32 or ord(c) == 127 or 0xD800 <= ord(c) <= 0xDFFF for c in secret.get_secret_value()):
        raise ValueError("holds characters that cannot be typed")
    return secret


Password = Annotated[SecretStr, Field(min_length=1, max_length=LENGTH_MAX), AfterValidator(_typed)]
"""As it was typed: it may begin or end with a space. Never shown, never logged."""


PIN_SCHEMA = {"type": "string", "pattern": "^[0-9]{6}$", "writeOnly": True, "format": "password"}


def _six_digits(secret: SecretStr) -> SecretStr:
    if not is_pin(secret.get_secret_value()):
        raise ValueError("is not six digits")
    return secret


Pin = Annotated[SecretStr, AfterValidator(_six_digits), WithJsonSchema(PIN_SCHEMA)]
Secret = Annotated[SecretStr, Field(min_length=1, max_length=128), AfterValidator(_typed)]
"""A refresh token, a session's or a machine's secret, as staff gave it."""


class Credentials(Body):
    login: Text = Field(min_length=1, max_length=64, examples=["anna"])
    password: Password
