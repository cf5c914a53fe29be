"""Who is signed in: a cookie's secret exchanged at staff for a short token, kept in memory until it ends.

People who are inside go on for minutes while staff is down. The secret is never kept: its digest is the key.
"""

import base64
import hashlib
import json
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from console.clients.services import SIGN_IN_TIMEOUT_S, Problem, Services, Unreachable

EARLY_S = 30
"""A token is exchanged again so long before its end."""
KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Person:
    """Who is signed in, as staff says in the token, and until when."""

    token: str
    member_id: str
    name: str
    permissions: frozenset[str]
    clubs: tuple[str, ...] | None
    till_id: str | None
    session_id: str | None
    until: float

    def may(self, permission: str) -> bool:
        return permission in self.permissions


class Sessions:
    """The tokens of the people inside."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._inside: OrderedDict[str, Person] = OrderedDict()
        self._locked: OrderedDict[str, None] = OrderedDict()

    async def person(self, secret: str) -> Person:
        """Who holds `secret`. Raises Problem (401 ended, 423 locked) and Unreachable."""
        name = _named(secret)
        known, was_locked = self._inside.get(name), name in self._locked
        if known is not None and not was_locked and known.until > time.time() + EARLY_S:
            return known
        try:
            answer = await self.services.ask(
                "POST", "/staff/v1/sessions/token", body={"session": secret}, timeout_s=SIGN_IN_TIMEOUT_S
            )
        except Unreachable:
            if known is not None and not was_locked and known.until > time.time():
                return known
            raise
        except Problem:
            self._inside.pop(name, None)
            raise
        if name in self._locked and not was_locked:
            # It was on its way to us when somebody locked the desk.
            raise Problem("staff", 423, {"code": "session_locked"})
        self.unlock(secret)
        person = _person(answer["access_token"])
        self._inside[name] = person
        while len(self._inside) > KEPT_MAX:
            self._inside.popitem(last=False)
        return person

    def forget(self, secret: str) -> None:
        """The session is ended or changed: its token is not used any more."""
        self._inside.pop(_named(secret), None)

    def lock(self, secret: str) -> None:
        """No token that we have or that is on its way to us is used; staff says from now on whether it is open."""
        self._locked[_named(secret)] = None
        self.forget(secret)
        while len(self._locked) > KEPT_MAX:
            self._locked.popitem(last=False)

    def unlock(self, secret: str) -> None:
        self._locked.pop(_named(secret), None)


def _named(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _person(token: str) -> Person:
    """What the token says. Staff has just handed it to us: its signature is for those who get it from us."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    clubs = claims.get("clubs")
    return Person(
        token=token,
        member_id=claims["sub"],
        name=claims["name"],
        permissions=frozenset(claims["permissions"]),
        clubs=None if clubs is None else tuple(clubs),
        till_id=claims.get("till"),
        session_id=claims.get("sid"),
        until=float(claims["exp"]),
    )
