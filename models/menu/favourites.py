"""One's favourites: pinned by oneself, and what one takes most often, counted from the lines of the last weeks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep
from models.menu.finding import EntryKind, by_codes
from models.orders import FREE_WORDS, Line, LineKind, Origin
from models.outside import OUT, OWN
from models.people import May, Person
from models.stores import Store
from models.words import Blocked, Say

DAYS = 60      # that "most often" looks back over
PINNED = 24    # at most, or nobody finds anything among them
SHOWN = 6      # of those taken most often


class Favourite(Owned):
    """An entry of the catalogue that a person has pinned. By its code: prices and names are those of the day."""

    __tablename__ = "favourite"
    __table_args__ = (sa.UniqueConstraint("person_id", "store_id", "kind", "code"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    kind: Mapped[EntryKind]
    code: Mapped[str]
    at: Mapped[datetime]


def pin(store: Store, kind: EntryKind, code: str, *, by: Person, at: datetime) -> None:
    """Pin an entry; what is pinned already stays. Raises Blocked for what the catalogue does not have, and for too
    many."""
    by.must(May.WRITE_ORDER, store.id)
    if not by_codes(store.id, [(kind, code)], store.day(at)):
        raise Blocked(Say("{code} is not in the catalogue. Search for it by name.", code=code))
    mine = set(favourites(store.id, by))
    if (kind, code) in mine:
        return
    if len(mine) >= PINNED:
        raise Blocked(Say("{count} favourites are pinned already. Unpin one first.", count=PINNED))
    keep(Favourite(store_id=store.id, person_id=by.id, kind=kind, code=code, at=at))


def unpin(store: Store, kind: EntryKind, code: str, *, by: Person) -> None:
    """No favourite any more; what is none stays none."""
    db.session.execute(sa.delete(Favourite).where(
        Favourite.store_id == store.id, Favourite.person_id == by.id, Favourite.kind == kind, Favourite.code == code))


def favourites(store_id: int, person: Person) -> list[tuple[EntryKind, str]]:
    """What a person has pinned in a store, in the order in which they did."""
    rows = db.session.execute(
        sa.select(Favourite.kind, Favourite.code).where(Favourite.store_id == store_id,
                                                        Favourite.person_id == person.id).order_by(Favourite.id))
    return [(kind, code) for kind, code in rows]


_KINDS = {LineKind.LABOUR: EntryKind.LABOUR, LineKind.FREE: EntryKind.LABOUR, LineKind.PART: EntryKind.PART,
          LineKind.UPGRADE: EntryKind.UPGRADE}


def most_used(store: Store, person: Person, on: date) -> list[tuple[EntryKind, str]]:
    """What a person put on orders most often in the last 60 days, as customers asked for it; packages count as such.

    What is listed as due or found at the car is not chosen by anybody, and does not count.
    """
    return own_and_most(store, person, on)[1]


def own_and_most(store: Store, person: Person, on: date,
                 ) -> tuple[list[tuple[EntryKind, str]], list[tuple[EntryKind, str]]]:
    """Both at once: what they have pinned, and of the rest what they take most often. One query."""
    since = store.moment(on - timedelta(days=DAYS))
    mine = (Line.store_id == store.id, Line.added_by_id == person.id, Line.added_at >= since,
            Line.origin == Origin.REQUESTED)
    singly = sa.select(sa.cast(Line.kind, sa.Text).label("kind"), Line.code, sa.func.count().label("times")).where(
        *mine, Line.package.is_(None), Line.code.not_in((FREE_WORDS, OUT, OWN)),
        Line.kind.in_(_KINDS)).group_by(Line.kind, Line.code)
    whole = sa.select(sa.literal(EntryKind.PACKAGE.value), Line.package,
                      sa.func.count(sa.distinct(Line.order_id))).where(
        *mine, Line.package.is_not(None)).group_by(Line.package)
    pinned = sa.select(sa.cast(Favourite.kind, sa.Text), Favourite.code, -Favourite.id).where(
        Favourite.store_id == store.id, Favourite.person_id == person.id)
    found = sa.union_all(singly, whole, pinned).subquery()
    rows = db.session.execute(sa.select(found).where(found.c.times != 1)
                              .order_by(found.c.times.desc(), found.c.code)).all()
    own = [(EntryKind(kind), code) for kind, code, times in rows if times < 0]
    most = [(EntryKind.PACKAGE if kind == EntryKind.PACKAGE else _KINDS[LineKind(kind)], code)
            for kind, code, times in rows if times > 0]
    return own, [key for key in most if key not in own][:SHOWN]


__all__ = ["Favourite", "favourites", "most_used", "own_and_most", "pin", "unpin"]
