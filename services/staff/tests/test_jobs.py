"""The first start, the keys' rotation on a moved clock, and the operator's token."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

import httpx
import jwt
import pytest
from sqlalchemy import text

from conftest import ORG, Fresh, free_port
from edge.auth import Tokens, Unauthenticated
from kit.db import Database
from services.staff.tests.builders import PASSWORD, Clock, a_settings, everything, rows, told
from services.staff.tests.conftest import serving
from staff import app, jobs
from staff.app import first_start, token_for_role
from staff.domain.lockout import Tries
from staff.domain.roles import ROLES, Role, permissions_of
from staff.domain.vault import WrongSecret
from staff.jobs import AnotherOrg, NotStarted
from staff.store import sign_ins


def replica(db: Database) -> Database:
    return Database(db.engine.url.render_as_string(hide_password=False), "staff", clock=db.clock)


async def test_the_first_start_makes_the_org_an_owner_and_a_key_and_tells_it(fresh: Fresh) -> None:
    db = await fresh("staff")

    password = await first_start(db, a_settings(owner_password=None, org_id=None))

    assert password
    (owner,) = await rows(db, "select login, role, clubs, must_change_password from member")
    assert owner == ("owner", "owner", None, True)
    assert len(await rows(db, "select 1 from org")) == 1
    assert len(await rows(db, "select 1 from signing_key")) == 1
    assert [kind for kind, _ in await told(db)] == ["staff.member.added.v1"]
    assert password not in await everything(db)


async def test_the_told_password_is_good_for_the_first_sign_in(fresh: Fresh) -> None:
    db = await fresh("staff")
    password = await first_start(db, a_settings(owner_password=None))
    async with serving(db, a_settings(port=free_port())) as url, httpx.AsyncClient(base_url=url) as http:
        answer = await http.post("/v1/sign-in", json={"login": "owner", "password": password})
    assert (answer.status_code, answer.json()["must_change_password"]) == (200, True)


async def test_a_given_password_is_not_told_and_need_not_be_changed(db: Database) -> None:
    assert await rows(db, "select must_change_password from member") == [(False,)]


async def test_a_second_start_changes_nothing(db: Database) -> None:
    before = await everything(db)

    assert await first_start(db, a_settings(owner_password=None, org_id=None)) is None
    assert await first_start(db, a_settings(owner_password="another password")) is None

    assert await everything(db) == before


async def test_replicas_that_start_together_make_one_owner(fresh: Fresh) -> None:
    db = await fresh("staff")
    replicas = [replica(db) for _ in range(4)]

    passwords = await asyncio.gather(
        *(first_start(one, a_settings(owner_password=None, org_id=None)) for one in replicas)
    )

    for one in replicas:
        await one.engine.dispose()
    assert sum(password is not None for password in passwords) == 1
    assert [len(await rows(db, f"select 1 from {table}")) for table in ("org", "member", "signing_key", "outbox")] == [
        1,
        1,
        1,
        1,
    ]


async def test_the_wrong_signing_secret_stops_the_start_with_words(db: Database) -> None:
    before = await everything(db)

    with pytest.raises(WrongSecret, match="SAVEPOINT_SIGNING_SECRET"):
        await first_start(db, a_settings(signing_secret="a secret of some other installation"))

    assert await everything(db) == before


async def test_the_database_of_another_org_stops_the_start(db: Database) -> None:
    with pytest.raises(AnotherOrg, match=str(ORG)):
        await first_start(db, a_settings(org_id=UUID(int=5)))


@pytest.mark.parametrize(
    "changes", [{"signing_secret": "short"}, {"owner_password": "short"}, {"owner_login": "Имя"}, {"key_days": 0}]
)
def test_settings_that_would_be_unsafe_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="1 validation error"):
        a_settings(**changes)


def test_settings_show_no_secret_when_printed() -> None:
    shown = repr(a_settings(signing_secret="s" * 40))
    assert PASSWORD not in shown
    assert "s" * 40 not in shown


@pytest.mark.parametrize("role", ROLES)
async def test_an_operators_token_has_the_permissions_of_its_role(db: Database, role: Role) -> None:
    settings = a_settings(port=free_port())
    async with serving(db, settings) as url:
        caller = await Tokens(f"{url}/v1/jwks", "savepoint").caller(await token_for_role(db, settings, role))
    assert (caller.permissions, caller.scope.org_id, caller.scope.clubs) == (permissions_of(role), ORG, None)


async def test_before_the_first_start_there_is_no_token(fresh: Fresh) -> None:
    with pytest.raises(NotStarted):
        await token_for_role(await fresh("staff"), a_settings(), "owner")


class StalestReader:
    """Checks tokens with keys that it fetches every ten minutes of `clock`, and not a moment sooner."""

    def __init__(self, jwks_url: str, clock: Clock, first_fetch: timedelta) -> None:
        self.jwks_url, self.clock = jwks_url, clock
        self.fetched_at = clock.now - timedelta(minutes=10) + first_fetch
        self._forget()

    async def accepts(self, tokens: Sequence[str]) -> bool:
        if self.clock.now - self.fetched_at >= timedelta(minutes=10):
            self.fetched_at = self.clock.now
            self._forget()
        return len([await self.tokens.caller(token) for token in tokens]) == len(tokens)

    def _forget(self) -> None:
        self.tokens = Tokens(self.jwks_url, "savepoint")
        # Its own fetching of unknown keys would hide one that was published too late.
        self.tokens._jwks.cooldown_duration = 10**9


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock by which tokens expire, too."""
    clock = Clock()

    class Moved(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Moved":
            return cls.fromtimestamp(clock.now.timestamp(), tz)

    monkeypatch.setattr("jwt.api_jwt.datetime", Moved)
    return clock


async def test_rotation_keeps_every_unexpired_token_valid(fresh: Fresh, clock: Clock) -> None:
    db, settings = await fresh("staff", clock=clock), a_settings(port=free_port(), key_days=1)
    await first_start(db, settings)
    rotate = next(loop.run for loop in jobs.loops(db, settings) if loop.name == "rotate signing keys")
    good: list[tuple[datetime, str]] = []
    signed_by: set[str] = set()
    async with serving(db, settings) as url:
        for _ in range(2):
            # To an hour before the next key signs; then step by step until the old one is gone.
            clock.move(hours=22)
            readers = [StalestReader(f"{url}/v1/jwks", clock, timedelta(minutes=late)) for late in (0, 4, 8)]
            for _ in range(75):
                await rotate()
                token = await token_for_role(db, settings, "operator")
                good = [one for one in good if one[0] > clock.now] + [(clock.now + timedelta(minutes=10), token)]
                assert all([await reader.accepts([known for _, known in good]) for reader in readers])
                signed_by.add(jwt.get_unverified_header(token)["kid"])
                clock.move(minutes=4)
        with pytest.raises(Unauthenticated, match="token_expired"):
            await readers[0].accepts([good[0][1]])
    assert len(signed_by) == 3
    assert len(await rows(db, "select kid from signing_key")) == 1


async def test_replicas_that_rotate_together_make_one_new_key(fresh: Fresh) -> None:
    clock = Clock()
    db = await fresh("staff", clock=clock)
    await first_start(db, a_settings())
    clock.move(days=30)

    await asyncio.gather(*(jobs.loops(db, a_settings())[0].run() for _ in range(5)))

    assert len(await rows(db, "select 1 from signing_key")) == 2


async def test_what_is_old_is_forgotten(db: Database) -> None:
    async with db.begin() as tx:
        await sign_ins.tries_for_update(tx, "old")
        await sign_ins.save_tries(tx, "old", Tries(2))
        await tx.conn.execute(text("update login_tries set last_at = now() - interval '2 days'"))

    await next(loop.run for loop in jobs.loops(db, a_settings()) if loop.name == "forget sign-ins")()

    assert await rows(db, "select 1 from login_tries") == []


async def test_the_owners_password_is_printed_once_in_one_line(
    fresh: Fresh, capsys: pytest.CaptureFixture[str]
) -> None:
    db = await fresh("staff")
    settings = a_settings(owner_password=None, database_url=db.engine.url.render_as_string(hide_password=False))

    await app._start(settings)
    await app._start(settings)

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("owner password (one time): ")
