"""Pay plans: what earns what, from which day. A new plan never reaches backwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep
from models.money import Fen
from models.people import Grade, May, Person
from models.stores import Store
from models.words import Blocked, Refused, Say

NORMAL = 10_000  # a factor of 1, in ten-thousandths


class EarnedAs(StrEnum):
    """In which of their parts somebody earned it."""

    ADVISOR = auto()
    TECHNICIAN = auto()


class Component(StrEnum):
    """What pay is made of."""

    ITEM_COMMISSION = auto()
    HOUR_PAY = auto()


@dataclass(frozen=True)
class ItemCommission:
    """So much for each unit of an upgrade item, by the catalogue's dated amounts."""

    earned_as: EarnedAs
    component = Component.ITEM_COMMISSION

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.component.value, "for": self.earned_as.value}


@dataclass(frozen=True)
class HourPay:
    """So much for each sold hour by grade (fen), more for hours the technician found (``found_factor``/10,000)."""

    rates: Mapping[Grade, Fen]
    found_factor: int
    earned_as = EarnedAs.TECHNICIAN
    component = Component.HOUR_PAY

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.component.value, "for": self.earned_as.value, "found_factor": self.found_factor,
                "rates": {grade.value: int(rate) for grade, rate in self.rates.items()}}


Rule = ItemCommission | HourPay


class PayPlan(Owned):
    """The plan of a store from a day on. Its components are checked when it is published and never edited."""

    __tablename__ = "pay_plan"
    __table_args__ = (sa.UniqueConstraint("store_id", "since"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    since: Mapped[date]
    components: Mapped[dict[str, Any]]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return read_rules(self.components)


def read_rules(components: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules written down as JSON: ``{"rules": [{"kind": "hour_pay", …}]}``. Raises Refused for what is none."""
    listed = components.get("rules")
    if not isinstance(listed, list) or not listed:
        raise Refused(components=Say("A plan lists at least one component."))
    rules = tuple(_rule(entry) for entry in listed)
    told = {(rule.component, rule.earned_as) for rule in rules}
    if len(told) != len(rules):
        raise Refused(components=Say("A plan names each component once."))
    return rules


def _rule(entry: Any) -> Rule:
    try:
        kind, earned_as = Component(entry["kind"]), EarnedAs(entry["for"])
        if kind is Component.ITEM_COMMISSION:
            return ItemCommission(earned_as)
        rates = {Grade(grade): _whole(fen) for grade, fen in entry["rates"].items()}
        factor = _whole(entry["found_factor"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused(components=Say("This component cannot be read: {entry}", entry=str(entry))) from None
    if earned_as is not EarnedAs.TECHNICIAN or not rates or factor < NORMAL:
        raise Refused(components=Say("This component cannot be read: {entry}", entry=str(entry)))
    return HourPay({grade: Fen(rate) for grade, rate in rates.items()}, factor)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value


def publish(store: Store, since: date, components: Mapping[str, Any], *, name_zh: str, name_en: str, by: Person,
            at: datetime) -> PayPlan:
    """Let a plan hold from a day on: today or later, and after every plan there is. The first may begin on any day."""
    if not by.may(May.MANAGE, store.id):
        raise Blocked(Say("Pay plans are published by the service manager."))
    rules = read_rules(components)
    last = db.session.scalar(sa.select(sa.func.max(PayPlan.since)).where(PayPlan.store_id == store.id))
    if last is not None and (since <= last or since < store.day(at)):
        raise Blocked(Say("What was agreed before stays as it was: choose a day from today on and after {last}.",
                          last=last.isoformat()))
    plan = keep(PayPlan(store_id=store.id, name_zh=name_zh, name_en=name_en, since=since, by_id=by.id, at=at,
                        components={"rules": [rule.as_json() for rule in rules]}))
    db.session.flush()
    return plan


class Plans:
    """The plans of a store, oldest first, read once: which one held on a day (E12)."""

    def __init__(self, store_id: int) -> None:
        self._plans = db.session.scalars(
            sa.select(PayPlan).where(PayPlan.store_id == store_id).order_by(PayPlan.since)).all()

    def on(self, day: date) -> PayPlan | None:
        """The plan that held on a day; None before the first."""
        return next((plan for plan in reversed(self._plans) if plan.since <= day), None)

    def __iter__(self) -> Iterator[PayPlan]:
        return iter(self._plans)
