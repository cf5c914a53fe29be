"""Who is calling: bearer tokens (JWT, ES256) checked against a JWKS, permissions named by each route."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import jwt
import jwt.types
from fastapi import Depends, Request

from contracts.money import Person
from edge.scope import Scope
from kit.errors import NotFound, Refused

AUDIENCE = "savepoint"
ISSUER_PAUSE_S = 5
"""A silent issuer is not asked more often: requests must not queue up behind it."""
PASSWORD_CHANGE = "staff.password.change"  # noqa: S105  the name of a permission
ACCOUNT_READ = "staff.account.read"
REQUIRED: jwt.types.Options = {"require": ["exp", "sub", "iss", "aud"]}


class Unauthenticated(Refused):
    """No token, or one that is not accepted."""

    status = 401


class Forbidden(Refused):
    """The caller is known and may not do this."""

    status = 403


class PermissionMissing(Forbidden):
    """Somebody else may; the owner can let them."""

    def __init__(self, permission: str) -> None:
        detail = f"You may not do this: it needs the permission {permission}. Ask the owner for it."
        super().__init__("permission_missing", detail, params={"permission": permission})


class PasswordChangeRequired(Forbidden):
    """Whoever has a password that somebody else knows may do nothing before they have chosen their own."""

    def __init__(self) -> None:
        detail = "Choose a password of your own first: the one you have is good for signing in alone."
        super().__init__("password_change_required", detail)


class KeysUnavailable(Refused):
    """The keys that tokens are checked with cannot be fetched now."""

    status = 503


@dataclass(frozen=True, slots=True)
class Caller:
    """A person or a machine with a good token."""

    subject: UUID
    name: str
    scope: Scope
    permissions: frozenset[str]
    expires_at: datetime
    inn: str | None = None
    session: UUID | None = None
    """The session at a browser that the token was given for."""
    till: UUID | None = None
    """The enrolled till that this browser is."""

    def person(self) -> Person:
        return Person(member_id=self.subject, name=self.name, inn=self.inn)

    def at_club(self, club_id: UUID) -> UUID:
        """`club_id`, where the caller may act; elsewhere it does not exist for them."""
        if not self.scope.covers(club_id):
            raise NotFound("club", club_id)
        return club_id

    def must(self, permission: str) -> None:
        """Raise unless the caller has `permission`: where what a route asks for depends on whose things are meant."""
        if permission not in self.permissions:
            raise PasswordChangeRequired if self._stuck else PermissionMissing(permission)

    @property
    def _stuck(self) -> bool:
        """Every member may read their own account, but those who have to change their password."""
        return PASSWORD_CHANGE in self.permissions and ACCOUNT_READ not in self.permissions


class Tokens:
    """Checks tokens of one issuer. Keys that were known go on working while the issuer is down."""

    def __init__(self, jwks_url: str, issuer: str) -> None:
        self.issuer = issuer
        self._jwks = jwt.PyJWKClient(jwks_url, lifespan=300, timeout=3, cooldown_duration=2)
        self._known: dict[str | None, jwt.PyJWK] = {}
        self._down_until = 0.0

    async def caller(self, token: str) -> Caller:
        """Who holds `token`. Raises Unauthenticated, or KeysUnavailable."""
        try:
            return _caller(await self.claims(token, AUDIENCE))
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("token_expired", "Your sign-in has expired. Sign in again.") from None
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
            raise Unauthenticated("token_invalid", "This sign-in is not valid. Sign in again.") from None

    async def claims(self, token: str, audience: str) -> dict[str, Any]:
        """What a token of this audience says. Raises what PyJWT does, or KeysUnavailable."""
        key = await self._key(jwt.get_unverified_header(token).get("kid"))
        said: dict[str, Any] = jwt.decode(
            token, key, ["ES256"], REQUIRED, audience=audience, issuer=self.issuer, leeway=5
        )
        return said

    async def _key(self, kid: str | None) -> jwt.PyJWK:
        """The issuer's key of this name; the last one known of that name while the issuer does not answer."""
        if time.monotonic() >= self._down_until:
            try:
                # In a thread: now and then it fetches.
                self._known[kid] = await asyncio.to_thread(self._jwks.get_signing_key, kid or "")
            except jwt.PyJWKClientConnectionError:
                self._down_until = time.monotonic() + ISSUER_PAUSE_S
            else:
                return self._known[kid]
        if kid not in self._known:
            detail = "Sign-in cannot be checked right now. Try again in a few seconds."
            raise KeysUnavailable("keys_unavailable", detail, retry="later")
        return self._known[kid]


def _caller(claims: dict[str, Any]) -> Caller:
    clubs = claims.get("clubs")
    scope = Scope(UUID(claims["org"]), None if clubs is None else frozenset(UUID(club) for club in clubs))
    ours = (UUID(claims["sub"]), claims["name"], scope, frozenset(claims["permissions"]))
    session, till = (UUID(claims[name]) if name in claims else None for name in ("sid", "till"))
    return Caller(*ours, datetime.fromtimestamp(claims["exp"], UTC), claims.get("inn"), session, till)


def needs(permission: str) -> Any:
    """The caller, who must have `permission`: what a route asks for stands in its signature."""

    async def check(request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("token_missing", "Sign in first: this needs a bearer token.")
        tokens: Tokens = request.app.state.tokens
        caller = await tokens.caller(token.strip())
        caller.must(permission)
        return caller

    return Depends(check)
