"""The store's own certificate authority and the server's certificate: made once, renewed, told when they end.

Everything lies in ``CLEARBAY_DATA/authority``. The authority vouches for the names and addresses it was made for and
for nothing else, to browsers that ask (Chromium does): whoever steals its key cannot pose as a bank to the tablets.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_DAYS = 3653
SERVER_DAYS = 397  # Apple takes no more than 398 of what the public trusts; the tablets get used to the same
A_DAY_BEFORE = timedelta(days=1)  # a tablet whose clock is slow
RENEW_BELOW = 60  # days
WARN_BELOW = 30
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
NO_NAME = "clearbay.invalid"  # a name nobody has: an authority for addresses alone vouches for no name


class Kind(StrEnum):
    """Where the server's certificate comes from."""

    OWN = auto()  # the store's own authority; every tablet is told once
    PUBLIC = auto()  # the proxy fetches one that every device trusts
    FILES = auto()  # somebody else renews the files named


@dataclass(frozen=True)
class Plan:
    """What the store decided: names (the first is the one that is shown), addresses, ports, and where from."""

    kind: Kind
    names: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    port: int = 443
    http_port: int = 80
    crt: str = ""
    key: str = ""

    @property
    def host(self) -> str:
        """The one name (or address) under which the store is reached."""
        first = (*self.names, *self.addresses)[0]
        return f"[{first}]" if ":" in first else first

    @property
    def url(self) -> str:
        """What CLEARBAY_URL must be."""
        return f"https://{self.host}" + ("" if self.port == 443 else f":{self.port}")

    @property
    def plain_url(self) -> str:
        """Where the page lies that a tablet can open before it trusts the store.

        By an address where there is one: a browser that has once been at a name over https never goes there without.
        """
        host = f"[{self.addresses[0]}]" if self.addresses and ":" in self.addresses[0] else None
        host = host or (*self.addresses, self.host)[0]
        return f"http://{host}" + ("" if self.http_port == 80 else f":{self.http_port}")


class Authority:
    """The folder of certificates of one store."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "authority"
        self.crt, self.key = self.folder / "authority.crt", self.folder / "authority.key"

    # ---------------------------------------------------------------- what is there

    @property
    def plan(self) -> Plan | None:
        """What was decided, if anything was."""
        try:
            told = json.loads((self.folder / "plan.json").read_text("utf-8"))
        except (FileNotFoundError, PermissionError):
            return None
        return Plan(**{**told, "kind": Kind(told["kind"]), "names": tuple(told["names"]),
                       "addresses": tuple(told["addresses"])})

    def root(self) -> x509.Certificate | None:
        """The authority's certificate, which tablets are given; None unless the store is its own authority."""
        plan = self.plan
        return _read(self.crt) if plan is not None and plan.kind is Kind.OWN else None

    def served(self) -> x509.Certificate | None:
        """The certificate that the server shows, where this machine has it."""
        plan = self.plan
        return _read(Path(plan.crt)) if plan is not None and plan.crt else None

    def days_left(self, at: datetime) -> int | None:
        """Whole days until the server's certificate ends (negative: since); None where nobody here knows."""
        found = self.served()
        return None if found is None else (found.not_valid_after_utc - at).days

    # ---------------------------------------------------------------- what is made

    def decide(self, plan: Plan) -> None:
        """Keep the plan."""
        self.write("plan.json", json.dumps(asdict(plan), ensure_ascii=False, indent=1).encode())

    def found(self, names: tuple[str, ...], addresses: tuple[str, ...], *, at: datetime) -> None:
        """Make the authority, for these names and addresses and no others. An older one is put aside."""
        if self.key.exists():
            for old in (self.key, self.crt):
                old.rename(old.with_suffix(f"{old.suffix}.before-{at:%Y%m%d%H%M%S}"))
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"Clearbay {(*names, *addresses)[0]}")
        certificate = (
            _certificate(name, name, key.public_key(), at, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(constraints(names, addresses), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.write("authority.key", _pem(key))
        self.write("authority.crt", certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)

    def vouches_for(self, names: tuple[str, ...], addresses: tuple[str, ...]) -> bool:
        """Whether the authority was made for all of these."""
        permitted = _read(self.crt).extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
        known = [subtree.value for subtree in permitted or ()]
        return all(
            any(isinstance(one, str) and (name == one or name.endswith(f".{one}")) for one in known) for name in names
        ) and all(ipaddress.ip_network(address) in known for address in addresses)

    def issue(self, names: tuple[str, ...], addresses: tuple[str, ...], *, at: datetime) -> None:
        """Make the server's key and certificate anew."""
        root, key = _read(self.crt), ec.generate_private_key(ec.SECP256R1())
        signer = serialization.load_pem_private_key(self.key.read_bytes(), None)
        if not isinstance(signer, ec.EllipticCurvePrivateKey):
            raise TypeError("the authority's key is of another kind")
        days = min(SERVER_DAYS, (root.not_valid_after_utc - at).days)  # nobody vouches beyond their own end
        alternatives = [*map(x509.DNSName, names),
                        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses)]
        certificate = (
            # An address in this place would be taken for a name, which an authority for addresses does not vouch for.
            _certificate(_name(names[0] if names else "Clearbay server"), root.subject, key.public_key(), at, days)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )
        self.write("server.key", _pem(key))
        chain = [one.public_bytes(serialization.Encoding.PEM) for one in (certificate, root)]
        self.write("server.crt", b"".join(chain), mode=0o644)

    def write(self, name: str, content: bytes, *, mode: int = 0o600) -> Path:
        """Write a file of the folder whole or not at all; made as root, it belongs to whom the data belong."""
        owner = self.folder.parent.stat()
        if not self.folder.exists():
            self.folder.mkdir(mode=0o700)
            _give(self.folder, owner)
        place, part = self.folder / name, self.folder / f".{name}.part"
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
        _give(part, owner)
        part.replace(place)
        return place


def constraints(names: tuple[str, ...], addresses: tuple[str, ...]) -> x509.NameConstraints:
    """What the authority may vouch for. A kind that is not named would be free, so each kind is named or shut."""
    permitted: list[x509.GeneralName] = [*map(x509.DNSName, names or (NO_NAME,))]
    permitted += [x509.IPAddress(ipaddress.ip_network(address)) for address in addresses]
    shut = [x509.IPAddress(ipaddress.ip_network(everything)) for everything in ("0.0.0.0/0", "::/0")]
    return x509.NameConstraints(permitted, None if addresses else shut)


def fingerprint(certificate: x509.Certificate, kind: hashes.HashAlgorithm | None = None) -> str:
    """As systems show it: pairs of hexadecimal digits. SHA-256 unless told."""
    return certificate.fingerprint(kind or hashes.SHA256()).hex(":").upper()


def host_name(told: str) -> str:
    """A host name in the form certificates hold. Raises ValueError."""
    name = told.strip().rstrip(".").lower()
    name = name if name.isascii() else name.encode("idna").decode()
    if not HOST.fullmatch(name) or re.fullmatch(r"[0-9.]+", name):
        raise ValueError(told)
    return name


def _read(place: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(place.read_bytes())
    except (FileNotFoundError, PermissionError):
        return None


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    since = at.replace(microsecond=0) - A_DAY_BEFORE
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
            .serial_number(x509.random_serial_number()).not_valid_before(since)
            .not_valid_after(since + timedelta(days=days)))


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(pem, form, serialization.NoEncryption())


def _give(place: Path, owner: os.stat_result) -> None:
    if os.geteuid() == 0:
        os.chown(place, owner.st_uid, owner.st_gid)
