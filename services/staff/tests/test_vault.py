"""What the signing secret is good for."""

import pytest

from services.staff.tests.builders import a_vault
from staff.domain.vault import Vault, WrongSecret


def test_what_is_sealed_opens_with_the_same_secret_alone() -> None:
    sealed = a_vault().seal(b"a key")

    assert b"a key" not in sealed
    assert a_vault().open(sealed) == b"a key"
    with pytest.raises(WrongSecret, match="SAVEPOINT_SIGNING_SECRET"):
        Vault("another secret of the same installation").open(sealed)


def test_secrets_of_one_seed_differ_by_their_use_and_by_the_signing_secret() -> None:
    other = Vault("another secret of the same installation")
    made = {vault.machine_secret("seed") for vault in (a_vault(), other)}
    made |= {vault.one_time_password("seed") for vault in (a_vault(), other)}
    made |= {vault.login_key("seed") for vault in (a_vault(), other)}

    assert len(made) == 6
    assert a_vault().machine_secret("seed") in made


def test_a_machines_secret_has_256_bits() -> None:
    assert len(a_vault().machine_secret("seed")) == 43
