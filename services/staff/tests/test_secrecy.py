"""Passwords, tokens and secrets: kept as hashes, told to nobody, logged nowhere."""

import logging

import httpx
import pytest

from kit.db import Database
from services.staff.tests.builders import PASSWORD, added, bearer, everything, key, refresh, sign_in, signed_in, told


async def test_no_secret_is_kept_told_or_logged(
    staff: httpx.AsyncClient, db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="httpcore")
    signed = await signed_in(staff)
    owner = bearer(signed)
    body = {"login": "anna", "name": "Анна К.", "role": "operator"}
    anna = (await staff.post("/v1/members", json=body, headers=owner | key())).json()
    machine = {"name": "PC-07", "kind": "agent", "club_id": "0193a000-0000-7000-8000-0000000000c1"}
    agent = (await staff.post("/v1/machines", json=machine, headers=owner | key())).json()
    wrong = await sign_in(staff, "a secret typed into the login", "a secret that is wrong")
    renewed = (await refresh(staff, signed["refresh_token"])).json()

    secrets = [PASSWORD, anna["one_time_password"], agent["secret"], "a secret that is wrong", "a secret typed"]
    secrets += [one[name] for one in (signed, renewed) for name in ("access_token", "refresh_token")]
    kept = await everything(db) + repr(await told(db)) + caplog.text + wrong.text
    assert [secret for secret in secrets if secret in kept] == []


async def test_a_statement_that_fails_does_not_name_its_parameters(http: httpx.AsyncClient, db: Database) -> None:
    with pytest.raises(Exception, match="hide_parameters") as failure:
        await added(db, role="king")
    assert "argon2" not in str(failure.value)


async def test_an_unknown_login_is_compared_like_a_known_one(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[str] = []

    def never(kept: str, _: str) -> bool:
        compared.append(kept)
        return False

    monkeypatch.setattr("staff.domain.passwords.matches", never)

    await sign_in(http, "owner", "wrong password")
    await sign_in(http, "nobody", "wrong password")

    assert [kept.rsplit("$", 2)[0] for kept in compared] == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2
