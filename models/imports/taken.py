"""A table that somebody brought: kept as it came, looked at, entered whole or not at all."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, hold, keep, new_id, one
from models.imports.kinds import KINDS
from models.imports.plan import Asked, Fate, Plan, Table
from models.people import May, Person
from models.stores import Store
from models.words import Blocked, Say

KEPT_FOR = timedelta(days=30)  # the cells of a table; that it was entered stays on record
LOOKS_DIFFERENT = Say("Something in the store has changed since you looked. This is what would happen now; press "
                      "again.")
NOTHING_TO_ENTER = Say("There is nothing to enter: every row is unchanged or refused.")


class Import(Owned):
    """One table of one kind. ``cells`` is what came; ``entered_at`` when it went in, ``new`` and ``changed`` rows."""

    __tablename__ = "import_batch"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    source: Mapped[str]
    cells: Mapped[Any] = mapped_column(sa.JSON)
    since: Mapped[date]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(index=True)
    entered_at: Mapped[datetime | None]
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    by: Mapped[Person] = one("Person.id == foreign(Import.by_id)")

    @property
    def table(self) -> Table:
        return KINDS[self.kind]


def draft(store: Store, kind: str, cells: list[list[str]], *, source: str, since: date, by: Person,
          at: datetime) -> Import:
    """Keep a table to be looked at. Raises Refused when its headings do not fit, so that it never gets this far."""
    by.must(May.MANAGE, store.id)
    KINDS[kind].plan(cells, Asked(store, since, by, at))
    db.session.execute(sa.update(Import).where(
        Import.store_id == store.id, Import.made_at < at - KEPT_FOR).values(cells=[]))
    return keep(Import(store_id=store.id, kind=kind, source=source[:120], cells=cells, since=since, by=by, by_id=by.id,
                       made_at=at, entered_at=None))


def plan_of(brought: Import, *, by: Person, at: datetime) -> Plan:
    """What would happen to each row if it were entered now."""
    return _planned(brought, by, at)[0]


def apply(brought: Import, *, seen: str, by: Person, at: datetime) -> Plan:
    """Enter every row that is new or changed, all of them or none; doing it again finds them unchanged.

    ``seen`` is the digest of the plan that was looked at: when the store has changed meanwhile, Blocked.
    """
    by.must(May.MANAGE, brought.store_id)
    hold(db.session.get_one(Store, brought.store_id), pointed_at=True)
    plan, there, asked = _planned(brought, by, at)
    if plan.digest != seen:
        raise Blocked(LOOKS_DIFFERENT)
    if not plan.to_enter:
        raise Blocked(NOTHING_TO_ENTER)
    brought.table.enter(plan.to_enter, there, asked)
    brought.entered_at, brought.refused = at, plan.counts[Fate.REFUSED]
    brought.new, brought.changed = plan.counts[Fate.NEW], plan.counts[Fate.CHANGED]
    db.session.flush()
    db.session.expire_all()
    return plan


def _planned(brought: Import, by: Person, at: datetime) -> tuple[Plan, Any, Asked]:
    asked = Asked(db.session.get_one(Store, brought.store_id), brought.since, by, at)
    if not brought.cells:
        return Plan([], []), None, asked
    return *brought.table.plan(brought.cells, asked), asked
