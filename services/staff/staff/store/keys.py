"""Signing keys in the database, and the tokens that they sign."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from sqlalchemy import delete, insert, select

from kit.db import Tx
from kit.errors import Transient
from kit.time import new_id
from staff.domain import keys
from staff.domain.approval import Proof
from staff.domain.keys import SigningKey
from staff.domain.tokens import Bearer, mint, proof_claims, signed
from staff.domain.vault import Vault
from staff.store import orgs
from staff.store.tables import signing_key


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes tokens of one issuer with the keys that `vault` opens."""

    vault: Vault
    issuer: str

    async def token(self, tx: Tx, bearer: Bearer) -> str:
        """A token for `bearer`, signed by the key of this moment. Raises WrongSecret."""
        kid, private = await self._signing(tx)
        return mint(bearer, kid, private, self.issuer, tx.now)

    async def proof(self, tx: Tx, proof: Proof) -> str:
        """That somebody entered their PIN for an act, signed in the same way. Raises WrongSecret."""
        return signed(proof_claims(proof, self.issuer, tx.now), *await self._signing(tx))

    async def _signing(self, tx: Tx) -> tuple[str, EllipticCurvePrivateKey]:
        known = await all_of(tx)
        if not known:
            raise Transient("there is no signing key yet; a loop makes the first one at once")
        key = keys.signing(known, tx.now)
        return key.kid, keys.from_pem(self.vault.open(key.sealed))


async def all_of(tx: Tx) -> Sequence[SigningKey]:
    """Every key that is published."""
    return [SigningKey(**row._mapping) for row in await tx.conn.execute(select(signing_key))]


async def rotate(tx: Tx, vault: Vault, every: timedelta) -> None:
    """Make the next key where one is due and forget the dead ones. Raises WrongSecret rather than mix two secrets."""
    await orgs.lock_installation(tx)
    known = await all_of(tx)
    if known:
        vault.open(keys.signing(known, tx.now).sealed)
    begin = keys.next_begin(known, tx.now, every)
    if begin is not None:
        await _add(tx, vault, begin)
    gone = [key.kid for key in keys.dead(known, tx.now)]
    await tx.conn.execute(delete(signing_key).where(signing_key.c.kid.in_(gone)))


async def _add(tx: Tx, vault: Vault, signs_from: datetime) -> None:
    kid, private = str(new_id()), keys.draw()
    sealed = vault.seal(keys.to_pem(private))
    fresh = {"kid": kid, "public": keys.public_jwk(private, kid), "sealed": sealed, "signs_from": signs_from}
    await tx.conn.execute(insert(signing_key).values(fresh))
