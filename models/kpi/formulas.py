"""What is divided by what: the few forms a KPI can have. All numbers are exact fractions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Protocol

from models.measures.case import Case, Measure
from models.stores import Store

STANDING = ("attendance", "bay")  # divisors that are no cases of their own


@dataclass(frozen=True)
class Slice:
    """Where a formula takes its cases from: a store, a span of days, perhaps one person or one day of it."""

    store: Store
    cases: Callable[[Measure], Sequence[Case]]


@dataclass(frozen=True)
class Figure:
    """A number with what it is made of. ``value`` is None without data (E0); ``whole`` where there is a division.

    ``within`` are the cases of the part. Of a share (``is_share``) they lie within ``cases``, those of the whole.
    """

    value: Fraction | None
    part: Fraction | None = None
    whole: Fraction | None = None
    cases: tuple[Case, ...] = ()
    within: tuple[Case, ...] = ()
    measure: Measure | None = field(default=None, compare=False)
    is_share: bool = False

    @property
    def few(self) -> bool:
        """Fewer than five cases: the count is shown, the percentage is grey, nobody is ranked (E11)."""
        return self.is_share and len(self.cases) < 5

    @property
    def outside(self) -> tuple[Case, ...]:
        """The cases of the whole that are not in the part."""
        inside = {(case.id, case.person_id) for case in self.within}
        return tuple(case for case in self.cases if (case.id, case.person_id) not in inside)


class Formula(Protocol):
    """Anything that makes a figure of cases."""

    def of(self, slice_: Slice) -> Figure: ...

    @property
    def measures(self) -> tuple[Measure, ...]: ...

    def words(self, language: str) -> str: ...


@dataclass(frozen=True)
class Count:
    """How many cases there are; none is 0."""

    measure: Measure

    def of(self, slice_: Slice) -> Figure:
        cases = tuple(slice_.cases(self.measure))
        return Figure(Fraction(len(cases)), cases=cases, within=cases, measure=self.measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.measure,)

    def words(self, language: str) -> str:
        return self.measure.name_in(language)


@dataclass(frozen=True)
class Sum:
    """The amounts of the cases together; none is 0."""

    measure: Measure

    def of(self, slice_: Slice) -> Figure:
        cases = tuple(slice_.cases(self.measure))
        return Figure(sum(case.amount for case in cases) * self.measure.scale, cases=cases, within=cases,
                      measure=self.measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.measure,)

    def words(self, language: str) -> str:
        return self.measure.name_in(language)


@dataclass(frozen=True)
class Fixed:
    """A number that stands in the formula itself: the 365 days of a year."""

    number: int

    def of(self, slice_: Slice) -> Figure:
        return Figure(Fraction(self.number))

    @property
    def measures(self) -> tuple[Measure, ...]:
        return ()

    def words(self, language: str) -> str:
        return str(self.number)


@dataclass(frozen=True)
class Plus:
    """Two figures together."""

    one: Formula
    other: Formula

    def of(self, slice_: Slice) -> Figure:
        one, other = self.one.of(slice_), self.other.of(slice_)
        if one.value is None or other.value is None:
            return Figure(None)
        cases = one.cases + other.cases
        return Figure(one.value + other.value, cases=cases, within=cases, measure=one.measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.one.measures + self.other.measures

    def words(self, language: str) -> str:
        return f"({self.one.words(language)} + {self.other.words(language)})"


@dataclass(frozen=True)
class Less:
    """One figure less another."""

    more: Formula
    less: Formula

    def of(self, slice_: Slice) -> Figure:
        more, less = self.more.of(slice_), self.less.of(slice_)
        if more.value is None or less.value is None:
            return Figure(None)
        return Figure(more.value - less.value, cases=more.cases + less.cases, within=more.cases,
                      measure=more.measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.more.measures + self.less.measures

    def words(self, language: str) -> str:
        return f"{self.more.words(language)} − {self.less.words(language)}"


@dataclass(frozen=True)
class Ratio:
    """One figure divided by another; None when the divisor is 0 (E0)."""

    part: Formula
    whole: Formula

    def of(self, slice_: Slice) -> Figure:
        part, whole = self.part.of(slice_), self.whole.of(slice_)
        value = part.value / whole.value if part.value is not None and whole.value else None
        # A figure for each visit opens into the visits; one for each hour, day or bay opens into what was divided.
        counted = isinstance(self.whole, Count) and self.whole.measure.record not in STANDING
        cases, measure = (whole.cases, whole.measure) if counted else (part.cases, part.measure)
        return Figure(value, part.value, whole.value, cases, part.cases, measure, self.is_share)

    @property
    def is_share(self) -> bool:
        """Whether the part lies within the whole."""
        return (isinstance(self.part, Count) and isinstance(self.whole, Count)
                and self.part.measure.source is self.whole.measure.source)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.part.measures + self.whole.measures

    def words(self, language: str) -> str:
        part, whole = self.part.words(language), self.whole.words(language)
        return f"({part}) ÷ {whole}" if isinstance(self.part, Less) else f"{part} ÷ {whole}"


def Share(part: Measure, whole: Measure) -> Ratio:  # noqa: N802  reads as one of the forms
    """The cases of the part among those of the whole."""
    return Ratio(Count(part), Count(whole))


@dataclass(frozen=True)
class Average:
    """The mean amount of the cases; None without any."""

    measure: Measure

    def of(self, slice_: Slice) -> Figure:
        cases = tuple(slice_.cases(self.measure))
        total = sum(case.amount for case in cases) * self.measure.scale
        return Figure(total / len(cases) if cases else None, total, Fraction(len(cases)), cases, cases, self.measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.measure,)

    def words(self, language: str) -> str:
        return ("平均：" if not language.startswith("en") else "mean of ") + self.measure.name_in(language)


@dataclass(frozen=True)
class Median:
    """The middle amount of the cases, between the two middle ones if they are even in number; None without any."""

    measure: Measure

    def of(self, slice_: Slice) -> Figure:
        cases = tuple(sorted(slice_.cases(self.measure), key=lambda case: case.amount))
        middle = len(cases) // 2
        if not cases:
            return Figure(None, measure=self.measure)
        twice = cases[middle].amount + cases[(len(cases) - 1) // 2].amount
        return Figure(Fraction(twice, 2) * self.measure.scale, cases=cases, within=cases, measure=self.measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.measure,)

    def words(self, language: str) -> str:
        return ("中位数：" if not language.startswith("en") else "median of ") + self.measure.name_in(language)


@dataclass(frozen=True)
class OpenHours:
    """The hours the bays could be worked at: bays × days somebody was here × opening hours without the lunch break."""

    bays: Measure
    days: Measure

    def of(self, slice_: Slice) -> Figure:
        bays, days = slice_.cases(self.bays), slice_.cases(self.days)
        store, any_day = slice_.store, date(2026, 1, 1)

        def minutes(since: object, until: object) -> int:
            opened, closed = store.moment(any_day, since), store.moment(any_day, until)  # type: ignore[arg-type]
            return int((closed - opened).total_seconds()) // 60

        open_minutes = minutes(store.opens, store.closes) - minutes(store.lunch_from, store.lunch_to)
        return Figure(Fraction(len(bays) * len(days) * open_minutes, 60), cases=tuple(bays), measure=self.bays)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.bays, self.days)

    def words(self, language: str) -> str:
        return "open hours of the bays, without lunch" if language.startswith("en") else "工位营业工时（不含午休）"


@dataclass(frozen=True)
class Product:
    """Two figures multiplied: bays × days."""

    one: Formula
    other: Formula

    def of(self, slice_: Slice) -> Figure:
        one, other = self.one.of(slice_), self.other.of(slice_)
        if one.value is None or other.value is None:
            return Figure(None)
        return Figure(one.value * other.value, cases=one.cases, within=one.cases, measure=one.measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return self.one.measures + self.other.measures

    def words(self, language: str) -> str:
        return f"({self.one.words(language)} × {self.other.words(language)})"


@dataclass(frozen=True)
class Index:
    """Mean of the answers to each factor × its weight ÷ the sum of weights, from 0–10 to 0–100.

    A factor nobody answered drops out with its weight. Weights are data: ``weights`` in tenths by factor.
    """

    measure: Measure
    weights: Mapping[str, int]

    def of(self, slice_: Slice) -> Figure:
        cases = tuple(slice_.cases(self.measure))
        part, whole = Fraction(0), Fraction(0)
        for factor, tenths in self.weights.items():
            given = [points for case in cases if (points := getattr(case.facts, factor)) is not None]
            if given:
                part += Fraction(tenths, 10) * Fraction(sum(given), len(given))
                whole += Fraction(tenths, 10)
        return Figure(part / whole * 10 if whole else None, part, whole, cases, cases, self.measure)

    @property
    def measures(self) -> tuple[Measure, ...]:
        return (self.measure,)

    def words(self, language: str) -> str:
        return ("Σ factor mean × weight ÷ Σ weights × 10" if language.startswith("en")
                else "Σ（因素均值 × 权重）÷ Σ 权重 × 10")
