"""Access tokens: what they say about their bearer, for ten minutes, signed with ES256."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from staff.domain.machine import Machine
from staff.domain.member import Member
from staff.domain.roles import MACHINES, OWN, PASSWORD_CHANGE, permissions_of

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


def bearer_of(member: Member) -> Bearer:
    """The member as they are now; one who must change their password may do nothing else."""
    may = {PASSWORD_CHANGE} if member.must_change_password else permissions_of(member.role) | OWN
    return Bearer(member.member_id, member.org_id, member.name, frozenset(may), member.clubs, member.inn)


def bearer_of_machine(machine: Machine) -> Bearer:
    """The machine, at its own club alone."""
    return Bearer(machine.machine_id, machine.org_id, machine.name, MACHINES[machine.kind], (machine.club_id,))


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
    return jwt.encode(claims, private, algorithm="ES256", headers={"kid": kid})
