"""Proving who one is, by a password or by a PIN at a till: compared off the loop, counted one by one.

What is typed is compared before the member is locked, and the answer is given under the lock: of many parallel tries
only as many are told anything as there are tries left.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from pydantic import SecretStr

from kit.db import Database, Tx
from kit.errors import Invalid, Refused
from staff.api.hashing import Hashing
from staff.domain.lockout import FREE_TRIES, Tries, in_words
from staff.domain.member import Member
from staff.domain.till import Till
from staff.domain.vault import Vault
from staff.store import members, pins, sign_ins

T = TypeVar("T")
Act = Callable[[Tx, Member], Awaitable[T]]


class SignInWrong(Refused):
    """The login or the password is wrong; which one is not said."""

    status = 401

    def __init__(self) -> None:
        super().__init__("sign_in_wrong", "The login or the password is wrong. Check Caps Lock and the layout.")


class SignInLocked(Refused):
    """Too many wrong passwords for this login."""

    status = 429

    def __init__(self, wait_s: int) -> None:
        detail = f"Too many wrong passwords. Try again in {in_words(wait_s)}, or ask the owner to unlock it."
        super().__init__("sign_in_locked", detail, retry="later", params={"wait_s": wait_s})


class PasswordWrong(Refused):
    """It is not the password of who is signed in."""

    def __init__(self) -> None:
        super().__init__("password_wrong", "The password is wrong. Check Caps Lock and the layout.")


class PinWrong(Refused):
    """It is another PIN."""

    status = 401

    def __init__(self, tries_left: int) -> None:
        detail = f"This is not the PIN. Tries left: {tries_left}."
        super().__init__("pin_wrong", detail, params={"tries_left": tries_left})


class PinLocked(Refused):
    """Too many wrong PINs of this member at this till."""

    status = 429

    def __init__(self, until: datetime, wait_s: int) -> None:
        detail = (
            f"Too many wrong PINs. Try again in {in_words(wait_s)}, use the password, or ask the owner to unlock it."
        )
        params = {"until": until.isoformat(), "wait_s": wait_s}
        super().__init__("pin_locked", detail, retry="later", params=params)


class PinUnset(Refused):
    """Nobody of this id can enter a PIN here; the till's own list says who can."""

    status = 401

    def __init__(self) -> None:
        detail = "There is no PIN for this person at this till. Sign in with the password, then choose a PIN."
        super().__init__("pin_unset", detail)


class NoPinHere(Refused):
    """A PIN is taken at an enrolled till alone."""

    def __init__(self) -> None:
        detail = "A PIN is taken at an enrolled till alone. Enter the password."
        super().__init__("pin_needs_till", detail)


class OneProof(Invalid):
    """Both, or neither, of a PIN and a password."""

    def __init__(self) -> None:
        super().__init__("pin_or_password", "Send either the PIN or the password.")


class Proving:
    """Lets an act happen for the member whose password or PIN was typed."""

    def __init__(self, db: Database, vault: Vault, hashing: Hashing) -> None:
        self.db, self.vault, self.hashing = db, vault, hashing

    async def password(self, login: str, password: SecretStr, wrong: Refused, act: Act[T]) -> T:
        """Do `act` for the locked member whose password this is.

        Raises SignInLocked, or `wrong` and one try is gone; or what `act` raises, and nothing was done.
        """
        async with self.db.begin() as tx:
            seen = await members.by_login(tx, login)
            tries = await sign_ins.tries(tx, self.vault.login_key(login))
            if wait_s := tries.wait_s(tx.now):
                raise SignInLocked(wait_s)
        same = await self.hashing.matches(seen.password_hash if seen else None, password.get_secret_value())
        async with self.db.begin() as tx:
            settled = await self._settle(tx, login, seen if same else None, wrong)
            if isinstance(settled, Member):
                return await act(tx, settled)
        raise settled

    async def pin(self, member_id: UUID, till: Till, pin: SecretStr, act: Act[T]) -> T:
        """Do `act` for the locked member whose PIN this is, at a till of a club that is theirs.

        Raises PinUnset, PinLocked, or PinWrong and one try is gone; or what `act` raises, and nothing was done.
        """
        async with self.db.begin() as tx:
            seen = await members.present(tx, member_id)
            if not _may_try(seen, till):
                raise PinUnset
            _not_locked(await pins.tries(tx, member_id, till.till_id), tx.now)
        typed = self.vault.peppered(member_id, pin.get_secret_value())
        same = await self.hashing.matches(seen.pin_hash if seen else None, typed)
        async with self.db.begin() as tx:
            settled = await self._settle_pin(tx, member_id, till, seen if same else None)
            if isinstance(settled, Member):
                return await act(tx, settled)
        raise settled

    async def _settle(self, tx: Tx, login: str, proven: Member | None, wrong: Refused) -> Member | Refused:
        """Count one try of `login`; the member if it was right, else what to answer once it is counted."""
        member = await members.present_for_update(tx, proven.member_id) if proven else None
        login_key = self.vault.login_key(login)
        tries = await sign_ins.tries_for_update(tx, login_key)
        if wait_s := tries.wait_s(tx.now):
            return SignInLocked(wait_s)
        # Another password may have been set since this one was compared.
        if proven is None or member is None or member.password_hash != proven.password_hash:
            await sign_ins.save_tries(tx, login_key, tries.after_wrong(tx.now))
            return wrong
        await sign_ins.save_tries(tx, login_key, Tries())
        return member

    async def _settle_pin(self, tx: Tx, member_id: UUID, till: Till, proven: Member | None) -> Member | Refused:
        """Count one try of the member at the till; the member if it was right, else what to answer."""
        member = await members.present_for_update(tx, member_id)
        if member is None or not _may_try(member, till):
            return PinUnset()
        tries = await pins.tries(tx, member_id, till.till_id)
        _not_locked(tries, tx.now)
        right = proven is not None and member.pin_hash == proven.pin_hash
        after = Tries() if right else tries.after_wrong(tx.now)
        await pins.save_tries(tx, member_id, till.till_id, after)
        if right:
            return member
        if after.locked_until is not None:
            return PinLocked(after.locked_until, after.wait_s(tx.now))
        return PinWrong(FREE_TRIES - after.failures)


def _may_try(member: Member | None, till: Till) -> bool:
    """Whether the till's list has the member."""
    return member is not None and member.org_id == till.org_id and member.works_at(till.club_id) and member.has_pin


def _not_locked(tries: Tries, now: datetime) -> None:
    if tries.locked_until is not None and (wait_s := tries.wait_s(now)):
        raise PinLocked(tries.locked_until, wait_s)
