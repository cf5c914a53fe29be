"""Members and sign-ins: what cannot be, and when a refresh token is good."""

from datetime import timedelta

import pytest

from kit.time import new_id
from services.staff.tests.builders import CLUB, NOW, a_machine, a_member
from staff.domain.sign_in import REFRESH_LIFE, SIGN_IN_LIFE, Refresh, expiry


@pytest.mark.parametrize(
    ("role", "clubs", "leads"),
    [("owner", None, True), ("owner", (CLUB,), False), ("administrator", None, False), ("accountant", None, False)],
)
def test_only_an_owner_of_every_club_leads(role: str, clubs: object, leads: bool) -> None:
    assert a_member(role=role, clubs=clubs).leads is leads


def test_a_member_of_no_club_cannot_exist() -> None:
    with pytest.raises(AssertionError):
        a_member(clubs=())


def test_a_login_in_capitals_cannot_exist() -> None:
    with pytest.raises(AssertionError):
        a_member(login="Anna")


def test_neither_a_password_nor_a_secret_shows_when_it_is_printed() -> None:
    assert "argon2" not in repr(a_member())
    assert "0000000000000000" not in repr(a_machine(secret_hash="0" * 64)).replace(str(CLUB), "")


@pytest.mark.parametrize(
    ("used_s_ago", "ended", "left_s", "verdict"),
    [
        (None, False, 1, "good"),
        (None, False, 0, "over"),
        (0, False, 1, "again"),
        (9, False, 1, "again"),
        (10, False, 1, "reused"),
        (10, False, -1, "reused"),
        (None, True, 1, "over"),
        (0, True, 1, "over"),
        (10, True, 1, "over"),
    ],
)
def test_a_refresh_token_is_good_once_and_for_its_time(
    used_s_ago: int | None, ended: bool, left_s: int, verdict: str
) -> None:
    used_at = None if used_s_ago is None else NOW - timedelta(seconds=used_s_ago)
    found = Refresh(new_id(), new_id(), NOW + timedelta(seconds=left_s), used_at, ended)
    assert found.verdict(NOW) == verdict


def test_a_refresh_token_never_outlives_its_sign_in() -> None:
    assert expiry(NOW, NOW + SIGN_IN_LIFE) == NOW + REFRESH_LIFE
    assert expiry(NOW, NOW + timedelta(hours=1)) == NOW + timedelta(hours=1)
