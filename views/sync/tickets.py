"""The author's ticket: signed when somebody is signed in, it proves later who made an item, on which tablet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from models.people import Person, SignIn
from models.stores import Store

CAPTURE = timedelta(hours=16)  # from signing in: the longest shift, and two hours for the last car
UPLOAD = timedelta(days=30)
LONGEST = 1_000  # characters


@dataclass(frozen=True)
class Ticket:
    """Who signed in where and when; ``tablet`` is None on a device that is no tablet of the store."""

    person: int
    tablet: int | None
    store: int
    since: datetime

    @property
    def until(self) -> datetime:
        """The end of what can be made with it."""
        return self.since + CAPTURE


def ticket_for(person: Person, place: Store, sign_in: SignIn) -> tuple[str, Ticket]:
    """The ticket of a sign-in; asked for again it is the same."""
    made = Ticket(person.id, sign_in.tablet_id, place.id, sign_in.since)
    at = int(made.since.timestamp() * 1000)
    return _signer().dumps([made.person, made.tablet, made.store, at]), made


def read_ticket(told: str | None) -> Ticket | None:
    """What a ticket says; None for none, and for one that this server has not signed."""
    if not told or len(told) > LONGEST:
        return None
    try:
        person, tablet, store, at = _signer().loads(told)
        return Ticket(int(person), None if tablet is None else int(tablet), int(store),
                      datetime.fromtimestamp(int(at) / 1000, UTC))
    except (BadData, ValueError, TypeError, OverflowError):
        return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="author of an item")
