"""What each person earned in a span of days: sums of the pay book, with every line behind them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from models.base import db
from models.delivery import Charge
from models.dispatch import WHOLE
from models.journey import Visit
from models.money import Fen
from models.orders import Line, LineVersion, RepairOrder
from models.pay.earnings import Earning
from models.pay.plans import NORMAL, Component, EarnedAs, Plans
from models.people import Person, Post, Role
from models.stores import Store
from models.vehicles import Vehicle
from models.words import Say

_EARNS_AS = {Role.ADVISOR: EarnedAs.ADVISOR, Role.ADVISOR_LEAD: EarnedAs.ADVISOR, Role.TECHNICIAN: EarnedAs.TECHNICIAN}


@dataclass(frozen=True)
class SlipLine:
    """One earning with what it stands on. ``basis`` is units, or hundredths of an hour."""

    earning_id: int
    person_id: int
    component: Component
    earned_as: EarnedAs
    amount: Fen
    basis: int
    rate: Fen
    share: int
    factor: int
    event_at: datetime
    earned_at: datetime
    reverses_id: int | None
    reason: str | None
    line_id: int
    code: str
    name_zh: str
    name_en: str
    order: str
    visit_id: uuid.UUID
    plate: str | None

    def what_in(self, language: str) -> str:
        """The line it was earned on: code and name."""
        return f"{self.code} {self.name_en if language.startswith('en') else self.name_zh}"

    @property
    def sentence(self) -> Say:
        """How this amount came about."""
        share, hours = _decimal(self.share, 100), _decimal(self.basis, 100)
        if self.reverses_id is not None:
            return Say("Taken back: {reason}", reason=self.reason or "")
        if self.component is Component.ITEM_COMMISSION:
            if self.share == WHOLE:
                return Say("{units} × {rate}", units=self.basis, rate=self.rate)
            return Say("{units} × {rate}, your share {share} %", units=self.basis, rate=self.rate, share=share)
        if self.factor != NORMAL:
            return Say("{hours} h × {rate} × {factor}, because you found it", hours=hours, rate=self.rate,
                       factor=_decimal(self.factor, NORMAL))
        if self.share == WHOLE:
            return Say("{hours} h × {rate}", hours=hours, rate=self.rate)
        return Say("{hours} h × {rate}; your share of the work is {share} %", hours=hours, rate=self.rate, share=share)


def _decimal(value: int, scale: int) -> str:
    """A scaled whole number as it is read: 6000 of 100 is 60, 78 of 100 is 0.78."""
    return f"{(Decimal(value) / scale).normalize():f}"


@dataclass(frozen=True)
class SlipPart:
    """One component of a slip: its lines, whose sum it is."""

    component: Component
    lines: tuple[SlipLine, ...]

    @property
    def amount(self) -> Fen:
        return Fen(sum(line.amount for line in self.lines))


@dataclass(frozen=True)
class Slip:
    """A person's pay over a span of days, before any coefficient."""

    person_id: int
    number: str
    name: str
    parts: tuple[SlipPart, ...]

    @property
    def amount(self) -> Fen:
        return Fen(sum(part.amount for part in self.parts))


def slips(store: Store, first: date, last: date, *, people: Iterable[Person] | None = None) -> list[Slip]:
    """The slips of a store's people (or those named) from one day to another, both inclusive, by number.

    Somebody whose post the plan pays has a slip with 0 on it; others have one if they earned something.
    """
    wanted = None if people is None else [person.id for person in people]
    staff = db.session.scalars(
        sa.select(Person).where(Person.store_id == store.id, *(() if wanted is None else (Person.id.in_(wanted),)))
        .options(selectinload(Person.posts)).order_by(Person.number)).all()
    lines = _lines(store, first, last, wanted)
    plan = Plans(store.id).on(last)
    made = []
    for person in staff:
        own = [line for line in lines if line.person_id == person.id]
        held = [post.role for post in person.posts if _held(post, first, last) and person.works_on(first)]
        earns_as = {_EARNS_AS[role] for role in held if role in _EARNS_AS}
        offered = [rule.component for rule in (plan.rules if plan else ()) if rule.earned_as in earns_as]
        components = [one for one in Component if one in offered or any(line.component is one for line in own)]
        if components:
            made.append(Slip(person.id, person.number, person.name, tuple(
                SlipPart(one, tuple(line for line in own if line.component is one)) for one in components)))
    return made


def _held(post: Post, first: date, last: date) -> bool:
    return post.since <= last and (post.until is None or post.until > first)


def _lines(store: Store, first: date, last: date, people: list[int] | None) -> list[SlipLine]:
    since, until = store.span(first, last)
    rows: Any = db.session.execute(
        sa.select(
            Earning.id, Earning.person_id, Earning.component, Earning.earned_as, Earning.amount, Earning.basis,
            Earning.rate, Earning.share, Earning.factor, Earning.event_at, Earning.earned_at, Earning.reverses_id,
            Earning.reason, Line.id, Line.code, LineVersion.name_zh, LineVersion.name_en, RepairOrder.number,
            RepairOrder.visit_id, Vehicle.plate)
        .join(Charge, Charge.id == Earning.charge_id).join(Line, Line.id == Charge.line_id)
        .join(LineVersion, LineVersion.id == Charge.line_version_id)
        .join(RepairOrder, RepairOrder.id == Line.order_id).join(Visit, Visit.id == RepairOrder.visit_id)
        .join(Vehicle, Vehicle.id == Visit.vehicle_id)
        .where(Earning.store_id == store.id, Earning.earned_at >= since, Earning.earned_at < until,
               *(() if people is None else (Earning.person_id.in_(people),)))
        .order_by(Earning.earned_at, Earning.id))
    return [SlipLine(*row) for row in rows]
