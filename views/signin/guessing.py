"""Guessing is slowed by rows: every try is written before what was typed is looked at.

They count across all processes, wherever it is tried: of fifty tries at once only as many are looked at as are left.
A right try, or a manager, opens a person's door again; a tablet's only the manager or time.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from werkzeug.exceptions import TooManyRequests

from models.base import db, keep
from models.people import Person, SignInAttempt, Tablet
from models.words import Say
from views import database
from views.access import now
from views.signin.door import fingerprint

log = logging.getLogger("clearbay.signin")

WINDOW = timedelta(minutes=15)
DAY = timedelta(hours=24)
TRIES_OF_NAME, TRIES_OF_ORIGIN = 5, 30  # failed ones, within the window
TRIES_OF_TABLET = 20
ONE_AT_A_TIME = 2_026_1122  # the number of the lock under which tries are counted

Limits = tuple[tuple[int, timedelta], ...]
OF_NAME: Limits = ((TRIES_OF_NAME, WINDOW),)
OF_ORIGIN: Limits = ((TRIES_OF_ORIGIN, WINDOW),)
OF_PERSON: Limits = ((TRIES_OF_NAME, WINDOW), (20, DAY))
OF_TABLET: Limits = ((TRIES_OF_TABLET, WINDOW), (100, DAY))

TOO_MANY = Say("There were too many wrong tries for this name or from this place. Wait a quarter of an hour.")
PERSON_LOCKED = Say("There were too many wrong tries for this person. It goes on at {until}; the service manager can "
                    "unlock it at once, and name and password work meanwhile.")
TABLET_LOCKED = Say("There were too many wrong tries on this tablet. It goes on at {until}; the service manager can "
                    "unlock it at once, and name and password work meanwhile.")


class Locked(TooManyRequests):
    """Too many wrong tries: the sentence, and until when."""

    def __init__(self, sentence: Say, until: datetime) -> None:
        self.sentence, self.until = sentence, until
        seconds = max(1, round((until - now()).total_seconds()))
        super().__init__(sentence, retry_after=seconds)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Door:
    """What is counted: whose door, or where somebody stands before it; how often it may be tried in vain."""

    column: Any
    key: str
    limits: Limits
    locked: Say
    facts: dict[str, int | None] = field(default_factory=dict)

    def opened(self) -> sa.ColumnElement[bool]:
        """What lets the count begin anew: for a person a right try, anywhere a manager."""
        if self.column is SignInAttempt.login_hash:
            return SignInAttempt.succeeded.is_(True)
        return SignInAttempt.unlocked_by_id.is_not(None)


def of_login(login: str) -> Door:
    """The door of a sign-in name, known or not."""
    return Door(SignInAttempt.login_hash, fingerprint(login.casefold()), OF_NAME, TOO_MANY)


def of_address(address: str) -> Door:
    """An address from which names are tried."""
    return Door(SignInAttempt.origin, fingerprint(address), OF_ORIGIN, TOO_MANY)


def of_person(person_id: int) -> Door:
    """The PIN of a person, known or not, on whichever tablet."""
    return Door(SignInAttempt.login_hash, fingerprint(f"pin of {person_id}"), OF_PERSON, PERSON_LOCKED)


def of_tablet(on: Tablet) -> Door:
    """A tablet on which PINs are tried."""
    return Door(SignInAttempt.origin, fingerprint(f"tablet {on.id}"), OF_TABLET, TABLET_LOCKED, {"tablet": on.id})


def tried(whose: Door, where: Door, **row: Any) -> int:
    """Write the try down as failed and give its number, or raise Locked. In a transaction of its own."""
    with database.apart() as connection:
        _queue(connection)
        for door in (whose, where):
            until = locked_until(door, connection)
            if until is not None:
                log.warning("guessing", extra={"facts": {"say": "too many sign-in tries", "origin": where.key[:12],
                                                         **where.facts}})
                raise Locked(Say(door.locked.sentence, until=until), until)
        return int(connection.execute(
            sa.insert(SignInAttempt).values(login_hash=whose.key, origin=where.key, at=now(), succeeded=False, **row)
            .returning(SignInAttempt.id)).scalar_one())


def was_right(attempt: int) -> None:
    """The try has opened the door."""
    db.session.execute(sa.update(SignInAttempt).where(SignInAttempt.id == attempt).values(succeeded=True))


def unlock(door: Door, *, by: Person, **row: Any) -> None:
    """A manager opens the door again: what was tried before counts no more."""
    other = fingerprint("unlocked by hand")
    whose = door.column is SignInAttempt.login_hash
    keep(SignInAttempt(login_hash=door.key if whose else other, origin=other if whose else door.key, at=now(),
                       succeeded=True, unlocked_by_id=by.id, **row))


def locked_until(door: Door, connection: sa.Connection | None = None) -> datetime | None:
    """Until when the door stays shut; None if it may be tried."""
    ends = [end for limit, window in door.limits if (end := _ends(door, limit, window, connection)) is not None]
    return max(ends, default=None)


def shut(store_id: int) -> list[tuple[Person | Tablet, datetime]]:
    """The people and tablets of a store that are locked just now, with the end of it. One query while none is."""
    rows = db.session.execute(
        sa.select(SignInAttempt.person_id, SignInAttempt.tablet_id, sa.func.count())
        .join(Tablet, Tablet.id == SignInAttempt.tablet_id)
        .where(Tablet.store_id == store_id, SignInAttempt.succeeded.is_(False), SignInAttempt.at > now() - DAY)
        .group_by(SignInAttempt.person_id, SignInAttempt.tablet_id)).all()
    tries: Counter[tuple[type[Person] | type[Tablet], int]] = Counter()
    for person_id, tablet_id, count in rows:
        tries[Tablet, tablet_id] += count
        if person_id is not None:
            tries[Person, person_id] += count
    doors = [(one, of_person(id_) if kind is Person else of_tablet(one)) for (kind, id_), count in tries.items()
             if count >= TRIES_OF_NAME and (one := db.session.get(kind, id_)) is not None]
    return [(one, until) for one, door in doors if (until := locked_until(door)) is not None]


def tries_left(door: Door) -> int:
    """How many more wrong tries the door bears just now."""
    return min(limit - len(_failed(door, limit, window, None)) for limit, window in door.limits)


def _ends(door: Door, limit: int, window: timedelta, connection: sa.Connection | None) -> datetime | None:
    failed = _failed(door, limit, window, connection)
    return failed[-1] + window if len(failed) >= limit else None


def _failed(door: Door, limit: int, window: timedelta, connection: sa.Connection | None) -> list[datetime]:
    """When the latest wrong tries were, the newest first."""
    opened = sa.select(sa.func.coalesce(sa.func.max(SignInAttempt.id), 0)).where(
        door.column == door.key, door.opened()).scalar_subquery()
    wanted = (sa.select(SignInAttempt.at)
              .where(door.column == door.key, SignInAttempt.succeeded.is_(False), SignInAttempt.at > now() - window,
                     SignInAttempt.id > opened)
              .order_by(SignInAttempt.at.desc()).limit(limit))
    found: Iterable[datetime] = (connection or db.session).execute(wanted).scalars()
    return list(found)


def _queue(connection: sa.Connection) -> None:
    """SQLite's writers queue anyway; PostgreSQL would let fifty count to four at once."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
