"""What people carry in tests: an authenticator app that shows codes, and a device with passkeys."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import struct
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import cbor2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class App:
    """An authenticator app that has scanned the page's code."""

    secret: str
    sealed: str

    @classmethod
    def scan(cls, page: str) -> App:
        """What the page of the setup tells the phone."""
        found = re.search(r"secret=([A-Z2-7]+)", page)
        assert found, "the page shows no key"
        return cls(found[1], re.search(r'name="sealed" value="([^"]+)"', page)[1])  # type: ignore[index]

    def code(self, at: datetime, steps: int = 0) -> str:
        """The six digits at a moment, or some half minutes from it."""
        return pyotp.TOTP(self.secret).at(at + timedelta(seconds=30 * steps))

    def form(self, at: datetime) -> dict[str, str]:
        """The filled form of the setup."""
        return {"sealed": self.sealed, "code": self.code(at)}


@dataclass
class Device:
    """A phone that makes passkeys and proves them, as browsers tell it (WebAuthn, ES256)."""

    origin: str = "http://localhost"
    host: str = "localhost"
    verified: bool = True
    keys: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    def make(self, told: dict[str, Any]) -> dict[str, str]:
        """The filled form after the device has made a passkey."""
        key, name = ec.generate_private_key(ec.SECP256R1()), hashlib.sha256(str(len(self.keys)).encode() + bytes(
            told["ticket"], "ascii")).digest()
        self.keys[_text(name)] = key
        point = key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        data = self._data(0x40) + bytes(16) + struct.pack(">H", len(name)) + name + cbor2.dumps(cose)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._form(told, _text(name), attestationObject=_text(attested), clientDataJSON=_text(
            self._client("webauthn.create", told)))

    def prove(self, told: dict[str, Any], name: str | None = None) -> dict[str, str]:
        """The filled form after the device has proved a passkey: the one named, else its first."""
        name = name or next(iter(self.keys))
        self.count += 1
        data, client = self._data(0), self._client("webauthn.get", told)
        signed = self.keys[name].sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._form(told, name, authenticatorData=_text(data), clientDataJSON=_text(client),
                          signature=_text(signed))

    def _data(self, flags: int) -> bytes:
        flags |= 0x01 | (0x04 if self.verified else 0)
        return hashlib.sha256(self.host.encode()).digest() + struct.pack(">BI", flags, self.count)

    def _client(self, kind: str, told: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": told["options"]["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _form(self, told: dict[str, Any], name: str, **response: str) -> dict[str, str]:
        credential = {"id": name, "rawId": name, "type": "public-key", "response": response,
                      "clientExtensionResults": {}}
        return {"ticket": told["ticket"], "credential": json.dumps(credential)}


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
