"""The desk on the club's own network: one authority for years, a certificate that is good for this machine's names."""

import asyncio
import ipaddress
import socket
import ssl
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from savepoint.tls import RENEWED_BEFORE, Authority, here

NAMES = here(ipaddress.ip_address("127.0.0.1"))[0]
HERE = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("192.168.0.5")]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "tls")
    made.issue(NAMES, HERE)
    return made


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=authority.certificate)


@asynccontextmanager
async def served(authority: Authority) -> AsyncIterator[Callable[[str], Awaitable[None]]]:
    """A server with the certificate; asks it as somebody who came by a name."""
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(authority.served)
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=own)
    port = server.sockets[0].getsockname()[1]

    async def ask(name: str) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting(authority), server_hostname=name)
        writer.close()

    yield ask
    server.close()


@pytest.mark.parametrize("name", [*NAMES, "127.0.0.1", "192.168.0.5"])
async def test_who_trusts_the_authority_reaches_the_desk_by_all_its_names(authority: Authority, name: str) -> None:
    async with served(authority) as ask:
        await ask(name)


async def test_it_is_not_believed_under_another_name(authority: Authority) -> None:
    async with served(authority) as ask:
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask("bank.ru")


async def test_a_stolen_authority_is_good_for_nothing_outside_of_the_club(tmp_path: Path) -> None:
    """Its name constraints bind every browser that trusts it."""
    thief = Authority(tmp_path / "tls")
    thief.issue(NAMES, HERE)
    dns = ("bank.ru", "bank.club", socket.gethostname().lower())
    forgeries = {name: x509.DNSName(name) for name in dns}
    forgeries["8.8.8.8"] = x509.IPAddress(ipaddress.ip_address("8.8.8.8"))  # type: ignore[assignment]

    for name, forged in forgeries.items():
        thief._renew([forged], datetime.now(UTC))
        async with served(thief) as ask:
            with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
                await ask(name)


def test_the_authority_stays_when_the_machine_gets_another_address(authority: Authority) -> None:
    before, served = authority.fingerprint, authority.served.read_bytes()

    authority.issue(NAMES, HERE)
    assert authority.served.read_bytes() == served
    authority.issue(NAMES, [*HERE, ipaddress.ip_address("10.1.1.1")])

    assert authority.fingerprint == before
    assert authority.served.read_bytes() != served


async def test_a_machine_that_was_renamed_is_reached_by_its_other_names(authority: Authority) -> None:
    authority.issue([*NAMES, "club", "renamed.local"], HERE)

    async with served(authority) as ask:
        await ask("renamed.local")
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask("club")


def test_it_is_renewed_in_time_and_is_never_good_for_longer_than_browsers_take(authority: Authority) -> None:
    certificate = x509.load_pem_x509_certificate(authority.served.read_bytes())
    lasts = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    assert lasts <= timedelta(days=398)

    authority.issue(NAMES, HERE, datetime.now(UTC) + lasts - RENEWED_BEFORE)

    assert x509.load_pem_x509_certificate(authority.served.read_bytes()) != certificate


def test_nobody_else_on_the_machine_reads_the_keys(authority: Authority) -> None:
    for key in (authority.served, authority.served.with_name("ca.key")):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "PRIVATE" not in authority.certificate.read_text()


def test_one_address_is_served_alone_and_no_public_one_ever() -> None:
    names, addresses = here(ipaddress.ip_address("192.168.0.5"))
    assert names[0] == "localhost"
    assert sorted(map(str, addresses)) == ["127.0.0.1", "192.168.0.5"]
    assert here(ipaddress.ip_address("8.8.8.8"))[1] == [ipaddress.ip_address("127.0.0.1")]
    assert all(one.is_private for one in here(ipaddress.ip_address("0.0.0.0"))[1])  # noqa: S104
