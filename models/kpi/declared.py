"""How a KPI is declared: name, meaning, owner, unit, direction, standard, and the day it holds from."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from fractions import Fraction

from models.kpi.formulas import Formula
from models.measures.case import Measure, Told, Unit
from models.people import Role

ANYBODY = "anybody"  # attendance is everybody's, and so goes with any part


class Group(Enum):
    """The chapters of the list."""

    VOLUME = auto()
    REVENUE = auto()
    OFFERS = auto()
    CONSENT = auto()
    RECEPTION = auto()
    WORKSHOP = auto()
    QUALITY = auto()
    PARTS = auto()
    CUSTOMER = auto()
    WARRANTY = auto()


GROUPS: dict[Group, tuple[str, str]] = {
    Group.VOLUME: ("Volume", "台次"), Group.REVENUE: ("Revenue and margin", "产值与毛利"),
    Group.OFFERS: ("Upgrade offers", "养护推荐"), Group.CONSENT: ("Consent and evidence", "确认与证据"),
    Group.RECEPTION: ("Booking and reception", "预约与接待"),
    Group.WORKSHOP: ("Workshop time", "车间工时"), Group.QUALITY: ("Quality", "质量"),
    Group.PARTS: ("Parts", "配件"), Group.CUSTOMER: ("Customers", "客户"),
    Group.WARRANTY: ("Warranty and guards", "索赔与合规"),
}


class Better(Enum):
    """Which way is good."""

    HIGHER = auto()
    LOWER = auto()
    NEUTRAL = auto()


HIGHER, LOWER, NEUTRAL = Better.HIGHER, Better.LOWER, Better.NEUTRAL


class Verdict(Enum):
    """How a figure stands to its standard."""

    MET = auto()
    MISSED = auto()
    NO_STANDARD = auto()
    NO_DATA = auto()


@dataclass(frozen=True)
class Doubt:
    """Cases that make a figure less sure than it looks, and what that does to it."""

    measure: Measure
    en: str
    zh: str

    def said_in(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


@dataclass(frozen=True)
class KPI:
    """One declared KPI in one version. ``id`` is the name of its function and of its row in the list of KPIs."""

    id: str
    en: str
    zh: str
    meaning_en: str
    meaning_zh: str
    formula: Formula
    group: Group
    unit: Unit
    owner: tuple[Role, ...]
    better: Better
    standard: Fraction | None
    guide: str
    since: date
    version: int
    doubts: tuple[Doubt, ...] = ()

    def name_in(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh

    def guide_in(self, language: str) -> str:
        """The guide value: written once where it is only numbers, else ``English | Chinese``."""
        en, _, zh = self.guide.partition(" | ")
        return en if language.startswith("en") or not zh else zh

    def meaning_in(self, language: str) -> str:
        return self.meaning_en if language.startswith("en") else self.meaning_zh

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.formula.measures

    @property
    def of_the_last_day(self) -> bool:
        """Whether it tells of a state at the end of the last day, not of what happened in all of them."""
        return any(isinstance(measure.source, Told) and measure.source.at is None for measure in self.measures)

    @property
    def personal(self) -> bool:
        """Whether it can be told of one person: all its cases belong to people, in one and the same part."""
        parts = {measure.source.whose for measure in self.measures}
        return "" not in parts and len(parts - {ANYBODY}) <= 1

    def verdict(self, value: Fraction | None) -> Verdict:
        """How a value stands to the standard."""
        if value is None:
            return Verdict.NO_DATA
        if self.standard is None:
            return Verdict.NO_STANDARD
        good = value <= self.standard if self.better is Better.LOWER else value >= self.standard
        return Verdict.MET if good else Verdict.MISSED


VERSIONS: dict[str, list[KPI]] = {}


def percent(value: int | str) -> Fraction:
    """A standard in percent as a fraction of 1."""
    return Fraction(value) / 100


def kpi(en: str, *, zh: str, means: str, group: Group, unit: Unit = Unit.SHARE, owner: Role | tuple[Role, ...],
        better: Better = HIGHER, standard: Fraction | int | None = None, guide: str = "",
        since: date = date(2026, 1, 1), id: str = "",  # noqa: A002
        doubts: tuple[Doubt, ...] = ()) -> Callable[[Callable[[], Formula]], KPI]:
    """Declare a KPI. The docstring is its meaning on screen in English, ``means`` the same in Chinese.

    A change of the formula is a further declaration under the same ``id`` with a later ``since``. ``doubts`` name the
    cases that make the figure less sure than it looks; they are told beside it.
    """

    def declare(form: Callable[[], Formula]) -> KPI:
        name = id or form.__name__
        versions = VERSIONS.setdefault(name, [])
        if versions and versions[-1].since >= since:
            raise ValueError(f"{name}: a new version holds from a later day")
        declared = KPI(
            id=name, en=en, zh=zh, meaning_en=" ".join(inspect.getdoc(form).split()) if form.__doc__ else "",  # type: ignore[union-attr]
            meaning_zh=means, formula=form(), group=group, unit=unit,
            owner=owner if isinstance(owner, tuple) else (owner,), better=better,
            standard=None if standard is None else Fraction(standard), guide=guide, since=since,
            version=len(versions) + 1, doubts=doubts)
        if not declared.meaning_en or not means:
            raise ValueError(f"{name} does not say what it counts")
        versions.append(declared)
        return declared

    return declare


def declared(id: str, on: date | None = None) -> KPI | None:  # noqa: A002
    """The version of a KPI that holds on a day (the newest unless told); None where there is none."""
    versions = [version for version in VERSIONS.get(id, ()) if on is None or version.since <= on]
    return versions[-1] if versions else None


def all_declared(on: date | None = None) -> list[KPI]:
    """Every KPI that holds on a day, by chapter, in the order of declaration."""
    found = [version for id_ in VERSIONS if (version := declared(id_, on)) is not None]
    order = list(Group)
    return sorted(found, key=lambda one: order.index(one.group))
