"""What everybody may know: the public keys, and what the roles mean."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel

from edge.auth import Caller, needs
from kit.db import Database
from staff.domain.roles import ROLES, Role, permissions_of
from staff.store import keys

CACHED_S = 300
"""With the five minutes that a reader keeps them for itself that makes ten; a new key is published for an hour."""


class RoleView(BaseModel):
    role: Role
    permissions: list[str]


class Keys:
    """The public half of the signing keys, and the table of roles."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def jwks(self, response: Response) -> dict[str, list[dict[str, Any]]]:
        """The keys that tokens are checked with, as RFC 7517 has them."""
        response.headers["Cache-Control"] = f"public, max-age={CACHED_S}"
        async with self.db.begin() as tx:
            return {"keys": [dict(key.public) for key in await keys.all_of(tx)]}

    async def list_roles(self, caller: Caller = needs("staff.member.read")) -> list[RoleView]:
        """The roles that a member may have, and what each gives."""
        return [RoleView(role=role, permissions=sorted(permissions_of(role))) for role in ROLES]


def routes(db: Database) -> APIRouter:
    router, do = APIRouter(prefix="/v1"), Keys(db)
    router.get("/jwks", tags=["keys"])(do.jwks)
    router.get("/roles", tags=["members"])(do.list_roles)
    return router
