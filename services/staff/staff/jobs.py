"""What happens without a request: the first start, the keys' rotation, forgetting, and a token for the operator."""

import asyncio
import secrets
from datetime import timedelta
from uuid import UUID

from contracts.staff import MemberAdded
from kit.db import Database, Tx
from kit.service import Loop
from kit.time import derived_id, new_id
from staff.domain import passwords
from staff.domain.member import Member
from staff.domain.roles import OWNER, Role, permissions_of
from staff.domain.tokens import Bearer
from staff.domain.vault import Vault
from staff.settings import Settings
from staff.store import approvals, keys, members, orgs, pins, sessions, sign_ins
from staff.store.keys import Mint

ANSWERS_KEPT = timedelta(days=1)
"""How long an Idempotency-Key is known, and with it the seed of a secret that was shown."""


class NotStarted(Exception):
    """There is no org yet: start staff once first."""


class AnotherOrg(Exception):
    """The database belongs to another org than SAVEPOINT_ORG_ID says."""


def loops(db: Database, settings: Settings) -> list[Loop]:
    """The work of staff that is driven by time."""
    vault, every = Vault(settings.secret()), settings.key_life()

    async def rotate() -> None:
        async with db.begin() as tx:
            await keys.rotate(tx, vault, every)

    async def forget() -> None:
        async with db.begin() as tx:
            await sign_ins.prune(tx)
            await sessions.prune(tx)
            await pins.prune(tx)
            await approvals.prune(tx)

    # Well below the hour for which a key is published before it signs.
    return [Loop("rotate signing keys", rotate, pause_s=600), Loop("forget sign-ins", forget, pause_s=3600)]


async def first_start(db: Database, settings: Settings) -> str | None:
    """Make the org, its owner and the first signing key where they are missing. Safe to repeat and in parallel.

    Gives the owner's one-time password, to be shown once; None where nothing was made, or the settings gave one.
    Raises WrongSecret or AnotherOrg where the settings do not fit the database.
    """
    given, seed = settings.owner_password, secrets.token_urlsafe(16)
    vault = Vault(settings.secret())
    password = given.get_secret_value() if given else vault.one_time_password(seed)
    # A second start hashes in vain: it costs less than looking first would cost in code.
    password_hash = await asyncio.to_thread(passwords.hashed, password)
    async with db.begin() as tx:
        await keys.rotate(tx, vault, settings.key_life())
        org_id = await orgs.the_org(tx)
        if org_id is not None:
            _same_org(org_id, settings)
            return None
        await _make_org(tx, settings, password_hash)
    return None if given else password


async def token_for_role(db: Database, settings: Settings, role: Role) -> str:
    """A token with the permissions of `role` at every club, for whoever has the database and the signing secret.

    Its bearer is no member: what they do is told under the name of the command. Raises NotStarted or WrongSecret.
    """
    async with db.begin() as tx:
        org_id = await orgs.the_org(tx)
        if org_id is None:
            raise NotStarted("Staff has made no org yet: start it once, then ask for a token.")
        bearer = Bearer(derived_id("savepoint token", role), org_id, f"savepoint token ({role})", permissions_of(role))
        return await Mint(Vault(settings.secret()), settings.issuer).token(tx, bearer)


async def _make_org(tx: Tx, settings: Settings, password_hash: str) -> None:
    """The org and its owner, who leads all of it."""
    org_id = settings.org_id or new_id()
    await orgs.add(tx, org_id)
    owner = Member(
        member_id=new_id(),
        org_id=org_id,
        login=settings.owner_login,
        name=settings.owner_name,
        inn=None,
        role=OWNER,
        clubs=None,
        password_hash=password_hash,
        must_change_password=settings.owner_password is None,
        added_at=tx.now,
    )
    await members.add(tx, owner)
    tx.tell(members.fact(MemberAdded, owner, tx))


def _same_org(org_id: UUID, settings: Settings) -> None:
    if settings.org_id not in (None, org_id):
        raise AnotherOrg(f"This database belongs to the org {org_id}; SAVEPOINT_ORG_ID says {settings.org_id}.")
