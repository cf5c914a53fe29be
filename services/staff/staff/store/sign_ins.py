"""Tries, sign-ins and refresh tokens. The member is locked before any of theirs changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql

from kit.db import Tx
from kit.time import new_id
from staff.domain.lockout import FORGOTTEN_AFTER, Tries
from staff.domain.sign_in import SIGN_IN_LIFE, Refresh, expiry
from staff.store.tables import login_tries, refresh_token, sign_in

_family = refresh_token.c.sign_in_id == sign_in.c.sign_in_id
_open = sign_in.c.ended_at.is_(None)


async def tries(tx: Tx, login_key: str) -> Tries:
    """The wrong passwords of a login so far."""
    row = (await tx.conn.execute(select(login_tries).where(login_tries.c.login_key == login_key))).first()
    return Tries(row.failures, row.locked_until) if row else Tries()


async def tries_for_update(tx: Tx, login_key: str) -> Tries:
    """The same, locked: a row is made where there is none, so that parallel tries of any login wait for each other."""
    empty = postgresql.insert(login_tries).values(login_key=login_key, failures=0, last_at=tx.now)
    locked = empty.on_conflict_do_update(
        index_elements=[login_tries.c.login_key], set_={"login_key": empty.excluded.login_key}
    )
    row = (await tx.conn.execute(locked.returning(login_tries))).one()
    return Tries(row.failures, row.locked_until)


async def save_tries(tx: Tx, login_key: str, after: Tries) -> None:
    changed = update(login_tries).where(login_tries.c.login_key == login_key)
    await tx.conn.execute(changed.values(failures=after.failures, locked_until=after.locked_until, last_at=tx.now))


async def begin(tx: Tx, member_id: UUID, token_hash: str) -> None:
    """A new sign-in of a locked member, with its first refresh token."""
    sign_in_id, ends_at = new_id(), tx.now + SIGN_IN_LIFE
    began = {"sign_in_id": sign_in_id, "member_id": member_id, "began_at": tx.now, "ends_at": ends_at}
    await tx.conn.execute(insert(sign_in).values(began))
    await _add_token(tx, sign_in_id, token_hash, expiry(tx.now, ends_at))


async def whose(tx: Tx, token_hash: str) -> UUID | None:
    """The member who was given this refresh token; None where nobody was."""
    wanted = select(sign_in.c.member_id).join_from(refresh_token, sign_in, _family)
    return (await tx.conn.execute(wanted.where(refresh_token.c.token_hash == token_hash))).scalar_one_or_none()


async def refresh(tx: Tx, token_hash: str) -> Refresh | None:
    """The refresh token as it stands. Its member is locked, so that it stays so until the commit."""
    wanted = select(refresh_token, sign_in.c.member_id, sign_in.c.ended_at).join_from(refresh_token, sign_in, _family)
    row = (await tx.conn.execute(wanted.where(refresh_token.c.token_hash == token_hash))).first()
    if row is None:
        return None
    return Refresh(row.sign_in_id, row.member_id, row.expires_at, row.used_at, row.ended_at is not None)


async def rotate(tx: Tx, used: Refresh, used_hash: str, token_hash: str) -> None:
    """Put a new refresh token in the place of a good one."""
    old = refresh_token.c.token_hash == used_hash
    await tx.conn.execute(update(refresh_token).where(old).values(used_at=tx.now))
    wanted = select(sign_in.c.ends_at).where(sign_in.c.sign_in_id == used.sign_in_id)
    ends_at = (await tx.conn.execute(wanted)).scalar_one()
    await _add_token(tx, used.sign_in_id, token_hash, expiry(tx.now, ends_at))


async def end(tx: Tx, sign_in_id: UUID) -> None:
    """All refresh tokens of this sign-in are dead."""
    await tx.conn.execute(update(sign_in).where(sign_in.c.sign_in_id == sign_in_id, _open).values(ended_at=tx.now))


async def end_all(tx: Tx, member_id: UUID) -> None:
    """All refresh tokens of the locked member are dead."""
    await tx.conn.execute(update(sign_in).where(sign_in.c.member_id == member_id, _open).values(ended_at=tx.now))


async def prune(tx: Tx) -> None:
    """Forget sign-ins that are over by their time, and tries that count no more."""
    await tx.conn.execute(delete(sign_in).where(sign_in.c.ends_at < tx.now))
    free = or_(login_tries.c.locked_until.is_(None), login_tries.c.locked_until < tx.now)
    await tx.conn.execute(delete(login_tries).where(login_tries.c.last_at < tx.now - FORGOTTEN_AFTER, free))


async def _add_token(tx: Tx, sign_in_id: UUID, token_hash: str, expires_at: datetime) -> None:
    fresh = {"token_hash": token_hash, "sign_in_id": sign_in_id, "expires_at": expires_at}
    await tx.conn.execute(insert(refresh_token).values(fresh))
