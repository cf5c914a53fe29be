"""What tokens say, as their readers read it."""

import jwt
import pytest

from conftest import ORG
from edge import auth
from services.staff.tests.builders import CLUB, NOW, a_machine, a_member
from staff.domain import keys, tokens
from staff.domain.roles import OWN, permissions_of
from staff.domain.tokens import Bearer, bearer_of, bearer_of_machine, mint

PRIVATE = keys.draw()


def read(bearer: Bearer) -> dict[str, object]:
    token = mint(bearer, "a-key", PRIVATE, "savepoint", NOW)
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": "a-key", "typ": "JWT"}
    options: jwt.types.Options = {"verify_exp": False}
    found: dict[str, object] = jwt.decode(
        token, PRIVATE.public_key(), ["ES256"], options, audience=auth.AUDIENCE, issuer="savepoint"
    )
    return found


def test_a_members_token_says_who_they_are_and_what_they_may_do_for_ten_minutes() -> None:
    member = a_member(inn="771234567890", clubs=(CLUB,))

    assert read(bearer_of(member)) == {
        "iss": "savepoint",
        "aud": "savepoint",
        "sub": str(member.member_id),
        "org": str(ORG),
        "name": "Анна К.",
        "inn": "771234567890",
        "clubs": [str(CLUB)],
        "permissions": sorted(permissions_of("operator") | OWN),
        "exp": int(NOW.timestamp()) + 600,
    }


def test_every_club_and_no_inn_are_absent() -> None:
    assert {"clubs", "inn"}.isdisjoint(read(bearer_of(a_member())))


def test_who_must_change_their_password_may_do_that_or_leave() -> None:
    claims = read(bearer_of(a_member(role="owner", must_change_password=True)))
    assert claims["permissions"] == ["staff.password.change", "staff.session.own"]


@pytest.mark.parametrize(("kind", "permission"), [("agent", "hall.agent.act"), ("worker", "fiscal.branch.work")])
def test_a_machine_does_one_thing_at_its_own_club(kind: str, permission: str) -> None:
    machine = a_machine(kind=kind)
    claims = read(bearer_of_machine(machine))
    assert (claims["sub"], claims["permissions"]) == (str(machine.machine_id), [permission])
    assert claims["clubs"] == [str(CLUB)]


def test_staff_and_its_readers_mean_the_same_audience() -> None:
    assert tokens.AUDIENCE == auth.AUDIENCE


def test_a_key_comes_back_from_its_sealed_form() -> None:
    again = keys.from_pem(keys.to_pem(PRIVATE))
    assert keys.public_jwk(again, "a-key") == keys.public_jwk(PRIVATE, "a-key")


def test_a_public_key_holds_no_private_part() -> None:
    jwk = keys.public_jwk(PRIVATE, "a-key")
    assert (set(jwk), jwk["alg"], jwk["use"]) == ({"kty", "crv", "x", "y", "kid", "alg", "use"}, "ES256", "sig")
