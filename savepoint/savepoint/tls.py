"""TLS for a club's own network: an authority of this installation, and the certificate that the desk is served with.

A browser keeps a `__Host-` cookie and talks to Web Serial over TLS alone, except on the machine itself. Whoever
installs the authority trusts it for a club's own names and addresses and for nothing else: its name constraints say so.
"""

import ipaddress
import os
import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LASTS = timedelta(days=3650)
LASTS = timedelta(days=397)
"""Browsers refuse what was issued for longer (CA/Browser Forum, Apple HT211025)."""
RENEWED_BEFORE = timedelta(days=60)
OWN = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "fc00::/7", "fe80::/10", "::1")
"""Addresses of private networks (RFC 1918, 3927, 4193)."""
NETWORKS = tuple(ipaddress.ip_network(one) for one in OWN)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Authority:
    """The keys in a folder: `ca.crt` for the club's other machines, `server.pem` to serve with."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "ca.crt"
        self.served = folder / "server.pem"
        self._key = folder / "ca.key"

    def issue(self, names: Iterable[str], addresses: Iterable[Address], now: datetime | None = None) -> None:
        """See that `server.pem` is good for all of these, and for two months at least. The authority stays the same."""
        at = now or datetime.now(UTC)
        self.certificate.parent.mkdir(mode=0o700, exist_ok=True)
        if not self._key.exists() or not self.certificate.exists():
            self._begin(at)
        # One name outside of the constraints would make all the others worthless.
        known = [name for name in sorted({*names}) if self._permits(name)]
        wanted: list[x509.GeneralName] = [x509.DNSName(name) for name in known]
        wanted += [x509.IPAddress(address) for address in sorted({*addresses}, key=str)]
        if not self._good(wanted, at):
            self._renew(wanted, at)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the authority, as browsers show it."""
        digest = self._authority().fingerprint(hashes.SHA256()).hex().upper()
        return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))

    def _authority(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.read_bytes())

    def _permits(self, name: str) -> bool:
        bound = self._authority().extensions.get_extension_for_class(x509.NameConstraints).value
        permitted = [one.value for one in bound.permitted_subtrees or () if isinstance(one, x509.DNSName)]
        return any(name == one or name.endswith(f".{one}") for one in permitted)

    def _begin(self, now: datetime) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Savepoint on {socket.gethostname()}")
        own = [x509.IPAddress(one) for one in NETWORKS]
        mine = [x509.DNSName(one) for one in ("localhost", "local", "lan", "home.arpa")]
        usage = _usage(key_cert_sign=True, crl_sign=True)
        built = _certificate(name, name, key.public_key(), now, AUTHORITY_LASTS)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        built = built.add_extension(usage, critical=True)
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        built = built.add_extension(x509.NameConstraints([*mine, *own], None), critical=True)
        made = built.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        _write(self._key, _private(key))
        _write(self.certificate, made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM), 0o644)
        self.served.unlink(missing_ok=True)

    def _good(self, wanted: list[x509.GeneralName], now: datetime) -> bool:
        if not self.served.exists():
            return False
        served = x509.load_pem_x509_certificate(self.served.read_bytes())
        named = served.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return list(named) == wanted and served.not_valid_after_utc - now > RENEWED_BEFORE

    def _renew(self, wanted: list[x509.GeneralName], now: datetime) -> None:
        signer = serialization.load_pem_private_key(self._key.read_bytes(), None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        authority, key = self._authority(), ec.generate_private_key(ec.SECP256R1())
        built = _certificate(_name("Savepoint"), authority.subject, key.public_key(), now, LASTS)
        built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        built = built.add_extension(x509.SubjectAlternativeName(wanted), critical=False)
        built = built.add_extension(_usage(digital_signature=True), critical=True)
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        made = built.add_extension(issued_by, critical=False).sign(signer, hashes.SHA256())
        _write(self.served, made.public_bytes(serialization.Encoding.PEM) + _private(key))


def private(address: Address) -> bool:
    """Whether it is of a club's own network."""
    return any(address in network for network in NETWORKS)


def here(listen: Address) -> tuple[list[str], list[Address]]:
    """The names and the private addresses by which this machine is reached at `listen`."""
    found = {ipaddress.ip_address("127.0.0.1")}
    for known in psutil.net_if_addrs().values():
        for one in known:
            if one.family in (socket.AF_INET, socket.AF_INET6):
                found.add(ipaddress.ip_address(one.address.partition("%")[0]))
    if not listen.is_unspecified:
        found = {ipaddress.ip_address("127.0.0.1"), listen}
    return ["localhost", *_host_names()], [one for one in found if private(one)]


def _host_names() -> list[str]:
    """As its neighbours find the machine by mDNS. Its bare name may be a domain of the whole Internet, like `club`."""
    name = socket.gethostname().partition(".")[0].lower()
    return [f"{name}.local"] if name and name != "localhost" else []


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    """From an hour ago: clocks in a club differ."""
    built = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    begins = now - timedelta(hours=1)
    built = built.serial_number(x509.random_serial_number())
    return built.not_valid_before(begins).not_valid_after(begins + lasts)


def _usage(**wanted: bool) -> x509.KeyUsage:
    names = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in names})


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*form)


def _write(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Whole or not at all, and readable by nobody else from its first byte on."""
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as writing:
        writing.write(content)
    draft.replace(path)
