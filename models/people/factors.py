"""The second factor: a code from an app on one's phone, recovery codes for the day it is lost, and the reset.

A passkey is the other kind of second factor (models/people/passkeys.py). What is secret here is sealed or hashed with
``secret``, the server's key, which is not in the database: a stolen copy of the database opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum, auto

import pyotp
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, hold, keep, key, one
from models.people.passkeys import Passkey
from models.people.persons import Person
from models.people.posts import GRANTS, May
from models.people.signins import SignIn, end_sign_ins
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

STEP = 30  # seconds a code is shown; the one before and the one after are taken as well
RECOVERY_CODES = 10
SHOWN_FOR = timedelta(minutes=15)  # new recovery codes can be looked at again for so long
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without what is misread
GUARDED = (May.MANAGE, May.SEE_PAY_OF_ALL)

ANOTHER = Say("An authenticator app is set up already. Remove it first.")
WRONG = Say("This code is not right. Codes change every half minute; type the one that is shown now.")
SPENT = Say("This code has been used already. Wait for the next one, half a minute at most.")
UNREADABLE = Say("The server's key has been changed since this app was set up. Use a passkey, or ask another manager "
                 "to reset your second factor.")

SAID_BY_CONSTRAINT |= {"uq_code_app_one_a_person": ANOTHER}


class Policy(StrEnum):
    """What a store asks of those who may manage it or see everybody's pay, on devices that are not its tablets."""

    REQUIRED = auto()  # without a second factor nothing opens but the page that sets one up
    OFFERED = auto()   # asked of those who have one


class CodeApp(Owned):
    """An authenticator app on somebody's phone, which shows six digits every half minute (TOTP, RFC 6238)."""

    __tablename__ = "code_app"
    __table_args__ = (
        key("person_id", "person"),
        sa.Index("uq_code_app_one_a_person", "person_id", unique=True,
                 sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= made_at", name="ends_after_made"),
    )
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    sealed_secret: Mapped[str]
    last_step: Mapped[int] = mapped_column(sa.BigInteger)
    made_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    person: Mapped[Person] = one("Person.id == foreign(CodeApp.person_id)")

    @classmethod
    def set_up(cls, person: Person, sealed: str, code: str, *, secret: str, at: datetime) -> CodeApp:
        """Keep the app whose code shows that it was set up. Raises Refused for a wrong code, Blocked for a second."""
        if code_app(person) is not None:
            raise Blocked(ANOTHER)
        step = _step_of(unseal(sealed, person, secret=secret), code, at=at)
        if step is None:
            raise Refused(code=WRONG)
        return keep(cls(person=person, store_id=person.store_id, sealed_secret=sealed, last_step=step, made_at=at,
                        last_used_at=at))

    def accept(self, code: str, *, secret: str, at: datetime) -> None:
        """Take a code, once. Raises Refused for a wrong one, Blocked for one that was used."""
        step = _step_of(unseal(self.sealed_secret, self.person, secret=secret), code, at=at)
        if step is None:
            raise Refused(code=WRONG)
        claim(self, CodeApp.last_step < step, CodeApp.ended_at.is_(None), otherwise=SPENT,
              last_step=step, last_used_at=at)


class RecoveryCode(Owned):
    """One of ten codes on paper, each good for one sign-in. It follows from its set's salt and the server's key."""

    __tablename__ = "recovery_code"
    __table_args__ = (
        key("person_id", "person"),
        sa.UniqueConstraint("person_id", "salt", "position"),
        sa.CheckConstraint("used_at IS NULL OR ended_at IS NULL", name="used_or_ended"),
    )
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    salt: Mapped[str]
    position: Mapped[int]
    code_hash: Mapped[str] = mapped_column(index=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    person: Mapped[Person] = one("Person.id == foreign(RecoveryCode.person_id)")

    @classmethod
    def make(cls, person: Person, *, secret: str, at: datetime) -> None:
        """Ten new codes; those before are worth nothing from here on."""
        _end(RecoveryCode, person, at)
        salt = secrets.token_hex(16)
        for position in range(RECOVERY_CODES):
            keep(cls(person=person, store_id=person.store_id, salt=salt, position=position, made_at=at,
                     code_hash=_hashed(_recovery(secret, salt, position), secret)))

    def words(self, secret: str) -> str:
        """The code itself, as it is written down: ABCDE-FGHJK."""
        code = _recovery(secret, self.salt, self.position)
        return f"{code[:5]}-{code[5:]}"


class FactorReset(Owned):
    """Somebody's second factors were taken away because the phone was lost: by whom, why, and told to the person.

    ``by_id`` is empty when it was done at the server itself.
    """

    __tablename__ = "factor_reset"
    __table_args__ = (key("person_id", "person"), sa.CheckConstraint("reason <> ''", name="has_a_reason"))
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    person: Mapped[Person] = one("Person.id == foreign(FactorReset.person_id)")
    by: Mapped[Person | None] = one("Person.id == foreign(FactorReset.by_id)")

    @classmethod
    def make(cls, person: Person, reason: str, *, by: Person | None, at: datetime) -> FactorReset:
        """Take all factors of a person away and end their sign-ins; a manager's act for somebody else.

        Raises Blocked without the permission, for oneself, and where there is nothing to reset.
        """
        reason = " ".join(reason.split())
        if not reason:
            raise Refused(reason=Say("Write why: a lost phone, a new one."))
        if len(reason) > 200:
            raise Refused(reason=Say("At most {length} characters.", length=200))
        why_not = why_no_reset(person, by=by)
        if why_not:
            raise Blocked(why_not)
        for kind in (CodeApp, Passkey, RecoveryCode):
            _end(kind, person, at)
        end_sign_ins(SignIn.person_id == person.id, at=at)
        return keep(cls(person=person, store_id=person.store_id, by_id=by.id if by else None, reason=reason, at=at))


def why_no_reset(person: Person, *, by: Person | None) -> tuple[Say, ...]:
    """The sentences that grey the button. ``by`` is None for whoever sits at the server."""
    if by is not None:
        by.must(May.MANAGE, person.store_id)
        if by.id == person.id:
            return (Say("Your own second factor is changed on your own page; another manager can reset it."),)
    if not has_factor(person):
        return (Say("{name} has no second factor to reset.", name=person.name),)
    return ()


# --------------------------------------------------------------------------- who needs one, who has one


def is_guarded(person: Person) -> bool:
    """Whether a post of the person, in any store, opens what a password alone should not."""
    return any(right in GRANTS[post.role] for post in person.posts if post.valid(None) for right in GUARDED)


def must_have(person: Person) -> bool:
    """Whether the person needs a second factor in their store."""
    return is_guarded(person) and person.store.setting("second_factor") == Policy.REQUIRED


def code_app(person: Person) -> CodeApp | None:
    """The authenticator app of a person, if one is set up."""
    return db.session.scalars(
        sa.select(CodeApp).where(CodeApp.person_id == person.id, CodeApp.ended_at.is_(None))).one_or_none()


def passkeys(person: Person) -> list[Passkey]:
    """The passkeys of a person, the oldest first."""
    return list(db.session.scalars(
        sa.select(Passkey).where(Passkey.person_id == person.id, Passkey.ended_at.is_(None)).order_by(Passkey.id)))


def has_factor(person: Person) -> bool:
    """Whether the person has set up a second factor: then it is always asked for."""
    return code_app(person) is not None or bool(passkeys(person))


def is_asked(person: Person) -> bool:
    """Whether the password alone lets the person in nowhere but on the store's tablets."""
    return must_have(person) or has_factor(person)


def recovery_codes(person: Person) -> list[RecoveryCode]:
    """The recovery codes that are still good."""
    return list(db.session.scalars(
        sa.select(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None),
                                      RecoveryCode.ended_at.is_(None)).order_by(RecoveryCode.position)))


def accept(person: Person, typed: str, *, secret: str, at: datetime) -> None:
    """Take what was typed: six digits of the app, or a recovery code. Raises Refused or Blocked; each is good once."""
    told = _plain(typed)
    if told.isdigit() and len(told) == 6:
        app = code_app(person)
        if app is None:
            raise Refused(code=WRONG)
        app.accept(told, secret=secret, at=at)
        return
    wanted = _hashed(told, secret)
    found = next((one for one in recovery_codes(person) if hmac.compare_digest(one.code_hash, wanted)), None)
    if found is None:
        raise Refused(code=WRONG)
    claim(found, RecoveryCode.used_at.is_(None), RecoveryCode.ended_at.is_(None),
          otherwise=Say("This recovery code has been used already. Take the next one of your list."), used_at=at)


def remove(factor: CodeApp | Passkey, *, by: Person, at: datetime) -> None:
    """An app or a passkey counts no more. Raises Blocked where it is the last one of somebody who needs one."""
    if by.id != factor.person_id:
        raise Blocked(Say("Only its owner removes this. A manager can reset all of them."))
    hold(factor.person, pointed_at=True)  # two factors removed at once are not both the last but one
    if must_have(factor.person) and (code_app(factor.person) is not None) + len(passkeys(factor.person)) < 2:
        raise Blocked(Say("This is your last second factor and your post needs one. Set up another one first."))
    claim(factor, type(factor).ended_at.is_(None), otherwise=Say("This was removed already."), ended_at=at)


def untold_reset(person: Person) -> FactorReset | None:
    """A reset that the person has not been told of yet."""
    return db.session.scalars(sa.select(FactorReset).where(
        FactorReset.person_id == person.id, FactorReset.told_at.is_(None)).order_by(FactorReset.id.desc())).first()


def last_reset(person: Person, *, at: datetime) -> FactorReset | None:
    """The last reset, if it is not older than a month."""
    return db.session.scalars(sa.select(FactorReset).where(
        FactorReset.person_id == person.id, FactorReset.at > at - timedelta(days=30))
        .order_by(FactorReset.id.desc())).first()


# --------------------------------------------------------------------------- secrets


def new_secret(person: Person, *, secret: str) -> str:
    """A new secret for an app, sealed for this person: the form carries it until a code proves that it arrived."""
    nonce = secrets.token_bytes(12)
    sealed = AESGCM(_key(secret)).encrypt(nonce, pyotp.random_base32().encode(), _for(person))
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed: str, person: Person, *, secret: str) -> str:
    """The app's secret. Raises Blocked when it was sealed with another key, or for somebody else."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode())
        return AESGCM(_key(secret)).decrypt(raw[:12], raw[12:], _for(person)).decode()
    except (InvalidTag, ValueError):
        raise Blocked(UNREADABLE) from None


def address(sealed: str, person: Person, *, secret: str, issuer: str) -> str:
    """What the QR holds from which an app learns the secret."""
    return pyotp.TOTP(unseal(sealed, person, secret=secret)).provisioning_uri(name=person.login, issuer_name=issuer)


def _step_of(of_app: str, code: str, *, at: datetime) -> int | None:
    """The half minute that a code belongs to, if it is this one or a neighbour."""
    now, app = int(at.timestamp()) // STEP, pyotp.TOTP(of_app)
    told = _plain(code)
    return next((step for step in (now, now - 1, now + 1) if hmac.compare_digest(app.generate_otp(step), told)), None)


def _plain(typed: str) -> str:
    """Letters and digits alone; a Chinese keyboard may have written them full-width: １２３."""
    return "".join(one for one in unicodedata.normalize("NFKC", typed).upper() if one.isascii() and one.isalnum())


def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"codes of apps, sealed", hashlib.sha256).digest()


def _for(person: Person) -> bytes:
    return f"person {person.id}".encode()


def _recovery(secret: str, salt: str, position: int) -> str:
    made = hmac.new(secret.encode(), f"recovery {salt} {position}".encode(), hashlib.sha256).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in made[:10])


def _hashed(code: str, secret: str) -> str:
    return hmac.new(secret.encode(), f"recovery code {code}".encode(), hashlib.sha256).hexdigest()


def _end(kind: type[CodeApp] | type[Passkey] | type[RecoveryCode], person: Person, at: datetime) -> None:
    db.session.flush()
    still = [kind.person_id == person.id, kind.ended_at.is_(None)]
    if kind is RecoveryCode:
        still.append(RecoveryCode.used_at.is_(None))
    db.session.execute(sa.update(kind).where(*still).values(ended_at=at),
                       execution_options={"synchronize_session": "fetch"})
