"""How passwords are kept, and which will do."""

import unicodedata

import pytest
from argon2 import extract_parameters

from services.staff.tests.builders import PASSWORD, PASSWORD_HASH, a_vault
from staff.domain import passwords


def test_a_password_matches_its_hash_and_no_other_does() -> None:
    assert passwords.matches(PASSWORD_HASH, PASSWORD)
    assert not passwords.matches(PASSWORD_HASH, PASSWORD + " ")


def test_the_hash_is_argon2id_and_new_each_time() -> None:
    assert PASSWORD_HASH.startswith("$argon2id$")
    assert passwords.hashed(PASSWORD) != PASSWORD_HASH


def test_the_decoy_costs_what_a_real_hash_costs_and_matches_nothing() -> None:
    assert extract_parameters(passwords.DECOY) == extract_parameters(PASSWORD_HASH)
    assert not passwords.matches(passwords.DECOY, "")


def test_a_password_is_the_same_from_every_keyboard() -> None:
    typed = "новый ёжик"
    assert passwords.matches(passwords.hashed(typed), unicodedata.normalize("NFD", typed))


@pytest.mark.parametrize("weak", ["short", "anna-2026!!", "ANNA is here", "aaaaaaaaaaaa", "1212121212"])
def test_a_weak_password_is_told_what_is_wrong(weak: str) -> None:
    assert passwords.weakness(weak, "anna")


@pytest.mark.parametrize("good", [PASSWORD, "k7wm-2xq6-a5bc-defg", " spaces count "])
def test_a_good_password_is_good(good: str) -> None:
    assert passwords.weakness(good, "anna") is None


def test_a_short_login_may_be_part_of_a_password() -> None:
    assert passwords.weakness("a banana a day", "an") is None


def test_one_time_passwords_are_good_easy_to_type_and_made_of_their_seed() -> None:
    made = {seed: a_vault().one_time_password(seed) for seed in map(str, range(200))}

    assert len(set(made.values())) == 200
    assert all(passwords.weakness(password, "owner") is None for password in made.values())
    assert all(len(password) == 19 and password.isascii() and password.islower() for password in made.values())
    assert a_vault().one_time_password("7") == made["7"]
