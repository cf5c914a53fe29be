"""Proofs: somebody entered their PIN for this one act a moment ago. Staff signs them, each is spent once.

A proof comes in the header `Savepoint-Proof`. It is read when the request arrives, and judged when it is spent in the
transaction of the act: a repeated request whose answer is known needs none.
"""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import jwt
from fastapi import Depends, Header, Request

from edge.auth import Caller, Forbidden, Tokens
from edge.idempotency import rows
from kit.columns import insert_on
from kit.db import Tx
from kit.errors import Refused

AUDIENCE = "savepoint-proof"


class ProofNeeded(Forbidden):
    """The act needs a PIN, entered for it just now."""

    def __init__(self, act: str, second: bool) -> None:
        who = "A second person has to approve this" if second else "Confirm this"
        super().__init__("proof_needed", f"{who} with a PIN.", params={"act": act, "second": second})


class ProofWrong(Forbidden):
    """Too old, or of another act, thing, sum or person."""

    def __init__(self, act: str) -> None:
        super().__init__("proof_wrong", "The PIN was entered too long ago, or for something else.", params={"act": act})


class ProofSpent(Refused):
    """One proof is good for one act."""

    def __init__(self) -> None:
        super().__init__("proof_spent", "This approval was used already. Ask for another one.")


@dataclass(frozen=True, slots=True)
class Proof:
    """`by` entered a PIN so that `asker` may do `act` to `subject`, with up to `amount_kopecks` where that is said."""

    org_id: UUID
    asker: UUID
    by_id: UUID
    by_name: str
    act: str
    subject: str
    jti: str
    amount_kopecks: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request came with: a proof that staff signed, or what to answer when one is needed."""

    act: str
    proof: Proof | None
    given: bool

    async def spend(
        self, tx: Tx, caller: Caller, subject: UUID, amount_kopecks: int | None = None, second: bool = False
    ) -> Proof:
        """Use the proof up for the caller's act on `subject`; `second`: it must be somebody else's.

        Raises ProofNeeded, ProofWrong or ProofSpent.
        """
        found = self.proof
        if found is None:
            raise ProofWrong(self.act) if self.given else ProofNeeded(self.act, second)
        ours = (self.act, caller.scope.org_id, caller.subject, str(subject))
        if (found.act, found.org_id, found.asker, found.subject) != ours:
            raise ProofWrong(self.act)
        if second and found.by_id == caller.subject:
            raise ProofNeeded(self.act, second)
        if amount_kopecks is not None and (found.amount_kopecks is None or found.amount_kopecks < amount_kopecks):
            raise ProofWrong(self.act)
        if not await _first_use(tx, found):
            raise ProofSpent
        return found


def proof(act: str) -> Any:
    """What a request's `Savepoint-Proof` proves of `act`; its route spends it where the act needs one."""

    async def shown(
        request: Request,
        given: Annotated[
            str | None, Header(alias="Savepoint-Proof", max_length=4096, description=f"a PIN entered for {act}")
        ] = None,
    ) -> Shown:
        tokens: Tokens = request.app.state.tokens
        return Shown(act, await _read(tokens, given) if given else None, bool(given))

    return Depends(shown)


async def _read(tokens: Tokens, given: str) -> Proof | None:
    """The proof that staff signed; None where it is none, or is too old."""
    try:
        claims = await tokens.claims(given, AUDIENCE)
        by, amount = claims["by"], claims.get("amount_kopecks")
        ids = (UUID(claims["org"]), UUID(claims["sub"]), UUID(by["member_id"]))
        return Proof(*ids, str(by["name"]), str(claims["act"]), str(claims["subject"]), str(claims["jti"]), amount)
    except (jwt.PyJWTError, KeyError, ValueError, TypeError, AttributeError):
        return None


async def _first_use(tx: Tx, spent: Proof) -> bool:
    """Remember it among the idempotency keys, where no client's key has a space; False where it is there already."""
    used = {"org_id": spent.org_id, "key": f"proof {spent.jti}"[:64], "fingerprint": "", "created_at": tx.now}
    fresh = insert_on(tx.conn, rows).values(used | {"status": 200, "body": {}, "location": ""})
    claimed = fresh.on_conflict_do_nothing().returning(rows.c.key)
    return (await tx.conn.execute(claimed)).first() is not None
