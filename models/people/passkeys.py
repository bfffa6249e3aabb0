"""Passkeys: a key kept by a phone, a computer or a stick, which proves itself without telling anything (WebAuthn).

A challenge is signed by the server and good once, for five minutes; which ones were spent is a table.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, claim, db, keep, key, one
from models.people.persons import Person
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

GOOD_FOR = timedelta(minutes=5)
NAME_LENGTH = 40

NOT_PROVED = Say("The passkey did not prove itself. Try again, or use a code.")
EXPIRED = Say("That took too long, or the page was open twice. Try the passkey again.")
UNKNOWN = Say("This passkey is not known here. Sign in with your password.")
KNOWN = Say("This device holds a passkey of yours already.")
COPIED = Say("This passkey answered with an old count: it may have been copied. Remove it and set up a new one.")

SAID_BY_CONSTRAINT |= {"uq_passkey_credential_id": KNOWN, "pk_spent_challenge": EXPIRED}


class Purpose(StrEnum):
    """What a challenge may be used for."""

    REGISTER = auto()
    SIGN_IN = auto()


class Passkey(Owned):
    """A public key of somebody's device. ``host`` is the name it was made for; it answers no other."""

    __tablename__ = "passkey"
    __table_args__ = (
        key("person_id", "person"),
        sa.CheckConstraint("name <> ''", name="has_a_name"),
        sa.CheckConstraint("sign_count >= 0", name="counts_up"),
    )
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    credential_id: Mapped[str] = mapped_column(unique=True)
    public_key: Mapped[str]
    sign_count: Mapped[int] = mapped_column(sa.BigInteger)
    host: Mapped[str]
    name: Mapped[str]
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    person: Mapped[Person] = one("Person.id == foreign(Passkey.person_id)")


class SpentChallenge(Base):
    """A challenge that was answered: it is answered once."""

    __tablename__ = "spent_challenge"
    challenge_hash: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class Door:
    """Where passkeys are asked for: the host they belong to, the origin of our pages, the server's key."""

    def __init__(self, host: str, origin: str, secret: str) -> None:
        self.host, self.origin, self.secret = host, origin, secret

    def challenge(self, purpose: Purpose, person: Person | None, *, at: datetime) -> tuple[bytes, str]:
        """A new challenge and the ticket with which it comes back."""
        ticket = f"{purpose}.{person.id if person else 0}.{int(at.timestamp())}.{secrets.token_urlsafe(24)}"
        return self._of(ticket), ticket

    def spend(self, ticket: str, purpose: Purpose, person: Person | None, *, at: datetime) -> bytes:
        """The challenge of a ticket, this once. Raises Blocked when it is spent, old, or was for something else.

        The ticket needs no signature: an answer to a challenge that we did not derive from it is worth nothing, and
        nobody else can derive one.
        """
        told = ticket.split(".")
        made = int(told[2]) if len(told) == 4 and told[2].isdecimal() and len(told[2]) < 12 else 0
        age = at - datetime.fromtimestamp(made, UTC)
        meant = told[:2] == [purpose.value, str(person.id if person else 0)]
        challenge = self._of(ticket)
        spent = hashlib.sha256(challenge).hexdigest()
        known = sa.select(SpentChallenge.at).where(SpentChallenge.challenge_hash == spent)
        if not meant or not timedelta(minutes=-1) < age < GOOD_FOR or db.session.scalar(known) is not None:
            raise Blocked(EXPIRED)
        keep(SpentChallenge(challenge_hash=spent, at=at))
        db.session.flush()
        return challenge

    def _of(self, ticket: str) -> bytes:
        return hmac.new(self.secret.encode(), f"challenge {ticket}".encode(), hashlib.sha256).digest()

    # ---------------------------------------------------------------- setting one up

    def offer(
        self, person: Person, known: list[Passkey], *, store_name: str, at: datetime
    ) -> tuple[dict[str, Any], str]:
        """What the browser is told to make a passkey for a person, and the ticket of it."""
        import webauthn  # a fifth of a second, for the few who use it
        from webauthn.helpers import structs

        challenge, ticket = self.challenge(Purpose.REGISTER, person, at=at)
        handle = hmac.new(self.secret.encode(), f"handle {person.id}".encode(), hashlib.sha256).digest()
        options = webauthn.generate_registration_options(
            rp_id=self.host, rp_name=store_name, user_name=person.login, user_display_name=person.name,
            user_id=handle, challenge=challenge,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.PREFERRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED),
            exclude_credentials=_described(known),
        )
        return json.loads(webauthn.options_to_json(options)), ticket

    def register(self, person: Person, name: str, ticket: str, credential: str, *, at: datetime) -> Passkey:
        """Keep a passkey that a device has made. Raises Refused or Blocked."""
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        name = " ".join(name.split())
        if not name:
            raise Refused(name=Say("Give the passkey a name: which device holds it."))
        if len(name) > NAME_LENGTH:
            raise Refused(name=Say("At most {length} characters.", length=NAME_LENGTH))
        challenge = self.spend(ticket, Purpose.REGISTER, person, at=at)
        try:
            proved = webauthn.verify_registration_response(
                credential=credential, expected_challenge=challenge, expected_rp_id=self.host,
                expected_origin=self.origin, require_user_verification=True)
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise Blocked(NOT_PROVED) from None
        made = Passkey(person=person, store_id=person.store_id, credential_id=_text(proved.credential_id),
                       public_key=_text(proved.credential_public_key), sign_count=proved.sign_count, host=self.host,
                       name=name, made_at=at)
        keep(made)
        db.session.flush()
        return made

    # ---------------------------------------------------------------- using one

    def ask(self, person: Person | None, known: list[Passkey], *, at: datetime) -> tuple[dict[str, Any], str]:
        """What the browser is told to prove a passkey: one of a person's, or whichever the device offers."""
        import webauthn
        from webauthn.helpers import structs

        challenge, ticket = self.challenge(Purpose.SIGN_IN, person, at=at)
        options = webauthn.generate_authentication_options(
            rp_id=self.host, challenge=challenge, allow_credentials=_described(known),
            user_verification=structs.UserVerificationRequirement.REQUIRED)
        return json.loads(webauthn.options_to_json(options)), ticket

    def prove(self, person: Person | None, ticket: str, credential: str, *, at: datetime) -> Passkey:
        """The passkey that answered, of ``person`` if one is given. Raises Blocked when it did not prove itself."""
        import webauthn
        from webauthn.helpers.exceptions import WebAuthnException

        challenge = self.spend(ticket, Purpose.SIGN_IN, person, at=at)
        found = _find(credential, self.host)
        if found is None or (person is not None and found.person_id != person.id):
            raise Blocked(UNKNOWN)
        try:
            proved = webauthn.verify_authentication_response(
                credential=credential, expected_challenge=challenge, expected_rp_id=self.host,
                expected_origin=self.origin, credential_public_key=_bytes(found.public_key),
                credential_current_sign_count=0, require_user_verification=True)
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise Blocked(NOT_PROVED) from None
        # Devices that count, count up; those that are kept in several places at once always say nought.
        fresh = Passkey.sign_count < proved.new_sign_count if proved.new_sign_count else Passkey.sign_count == 0
        claim(found, fresh, Passkey.ended_at.is_(None), otherwise=COPIED,
              sign_count=proved.new_sign_count, last_used_at=at)
        return found


def _find(credential: str, host: str) -> Passkey | None:
    try:
        told = json.loads(credential)
        name = told["id"] if isinstance(told, dict) else None
    except (ValueError, KeyError):
        return None
    if not isinstance(name, str):
        return None
    return db.session.scalars(sa.select(Passkey).where(
        Passkey.credential_id == name, Passkey.host == host, Passkey.ended_at.is_(None))).one_or_none()


def _described(known: list[Passkey]) -> list[Any]:
    from webauthn.helpers import structs

    return [structs.PublicKeyCredentialDescriptor(id=_bytes(one.credential_id)) for one in known]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
