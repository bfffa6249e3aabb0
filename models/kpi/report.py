"""The figures of a store over a span of days. Each select runs at most once in a report, however many KPIs use it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from models.kpi.declared import ANYBODY, KPI
from models.kpi.formulas import Figure, Slice
from models.measures.case import Case, Measure, Source
from models.stores import Store


class Report:
    """Figures of one store from one day to another, both inclusive; sliced by person and by day without new queries."""

    def __init__(self, store: Store, first: date, last: date) -> None:
        self.store, self.first, self.last = store, first, last
        self._rows: dict[Source, Sequence[Any]] = {}
        self._sources: dict[Source, list[Case]] = {}
        self._measures: dict[Measure, list[Case]] = {}

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=step) for step in range((self.last - self.first).days + 1)]

    def cases(self, measure: Measure, *, person_id: int | None = None, since: date | None = None,
              until: date | None = None) -> Sequence[Case]:
        """The cases of a measure: of the store, or of one person; of the whole span, or of some days of it."""
        if measure not in self._measures:
            self._measures[measure] = measure.of(self._cases(measure.source))
        cases: Iterable[Case] = self._measures[measure]
        if measure.source.at is not None and (since or until):
            cases = [case for case in cases if (since or self.first) <= case.day <= (until or self.last)]
        if person_id is not None and measure.attributed:
            cases = [case for case in cases if case.person_id == person_id]
        return measure.of_the_store(cases)

    def _cases(self, source: Source) -> list[Case]:
        if source not in self._sources:
            if source.read not in self._rows:
                self._rows[source.read] = source.read.rows(self.store, self.first, self.last)
            self._sources[source] = source.cases(self.store, self.first, self.last, self._rows[source.read])
        return self._sources[source]

    def figure(self, kpi: KPI, *, person_id: int | None = None, since: date | None = None,
               until: date | None = None) -> Figure:
        """A KPI of the store, or of one person if it is theirs to have."""
        if person_id is not None and not kpi.personal:
            return Figure(None)
        return kpi.formula.of(Slice(self.store, lambda measure: self.cases(
            measure, person_id=person_id, since=since, until=until)))

    def people(self, kpi: KPI) -> list[int]:
        """The people who have a case of this KPI."""
        if not kpi.personal:
            return []
        own = [measure for measure in kpi.measures if measure.source.whose != ANYBODY] or kpi.measures
        return sorted({case.person_id for measure in own for case in self.of_everybody(measure)
                       if case.person_id is not None})

    def of_everybody(self, measure: Measure) -> list[Case]:
        """One row for each person on each record."""
        self.cases(measure)
        return self._measures[measure]

    def course(self, kpi: KPI, *, person_id: int | None = None, step: int = 1) -> list[tuple[date, Figure]]:
        """The KPI day by day (or every ``step`` days), each from its own cases; of a state only the last day's."""
        if kpi.of_the_last_day:
            return [(self.last, self.figure(kpi, person_id=person_id))]
        starts = self.days[::step]
        return [(day, self.figure(kpi, person_id=person_id, since=day,
                                  until=min(day + timedelta(days=step - 1), self.last))) for day in starts]
