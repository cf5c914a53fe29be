"""Access tokens: what they say about their bearer, for ten minutes, signed with ES256."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from staff.domain.approval import PROOF_AUDIENCE, PROOF_LIFE, Proof
from staff.domain.machine import Machine
from staff.domain.member import Member
from staff.domain.roles import MACHINES, OWN, PASSWORD_CHANGE, SESSION_OWN, permissions_of
from staff.domain.session import Session

ACCESS_LIFE = timedelta(minutes=10)
AUDIENCE = "savepoint"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for. `clubs` is None where that is every club of the org."""

    subject: UUID
    org_id: UUID
    name: str
    permissions: frozenset[str]
    clubs: tuple[UUID, ...] | None = None
    inn: str | None = None
    session: UUID | None = None
    till: UUID | None = None


def bearer_of(member: Member, session: Session | None = None) -> Bearer:
    """The member as they are now, in `session`; one who must change their password may do nothing else but leave."""
    may = {PASSWORD_CHANGE, SESSION_OWN} if member.must_change_password else permissions_of(member.role) | OWN
    who = Bearer(member.member_id, member.org_id, member.name, frozenset(may), member.clubs, member.inn)
    return who if session is None else replace(who, session=session.session_id, till=session.till_id)


def bearer_of_machine(machine: Machine) -> Bearer:
    """The machine, at its own club alone."""
    return Bearer(machine.machine_id, machine.org_id, machine.name, MACHINES[machine.kind], (machine.club_id,))


def proof_claims(proof: Proof, issuer: str, now: datetime) -> dict[str, Any]:
    """What a proof says, for `PROOF_LIFE` from `now`."""
    claims = {
        "iss": issuer,
        "aud": PROOF_AUDIENCE,
        "sub": str(proof.asker),
        "org": str(proof.org_id),
        "by": {"member_id": str(proof.by_id), "name": proof.by_name},
        "act": proof.act,
        "subject": proof.subject,
        "jti": str(proof.jti),
        "exp": int((now + PROOF_LIFE).timestamp()),
    }
    return claims if proof.amount_kopecks is None else claims | {"amount_kopecks": proof.amount_kopecks}


def mint(bearer: Bearer, kid: str, private: EllipticCurvePrivateKey, issuer: str, now: datetime) -> str:
    """A token that is good from `now` for `ACCESS_LIFE`."""
    claims = {
        "iss": issuer,
        "aud": AUDIENCE,
        "sub": str(bearer.subject),
        "org": str(bearer.org_id),
        "name": bearer.name,
        "permissions": sorted(bearer.permissions),
        "exp": int((now + ACCESS_LIFE).timestamp()),
    }
    if bearer.clubs is not None:
        claims["clubs"] = [str(club) for club in bearer.clubs]
    if bearer.inn is not None:
        claims["inn"] = bearer.inn
    if bearer.session is not None:
        claims["sid"] = str(bearer.session)
    if bearer.till is not None:
        claims["till"] = str(bearer.till)
    return signed(claims, kid, private)


def signed(claims: dict[str, Any], kid: str, private: EllipticCurvePrivateKey) -> str:
    return jwt.encode(claims, private, algorithm="ES256", headers={"kid": kid})
