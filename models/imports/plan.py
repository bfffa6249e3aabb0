"""What would happen to every row of a table, before anything happens.

A ``Table`` declares a kind: its columns, what is there already, what a row would change, and how good rows are entered.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum, auto
from typing import Any, ClassVar

from models.imports.columns import Column, Unfit, folded
from models.people import Person
from models.stores import Store
from models.words import Refused, Say

Values = dict[str, Any]


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = auto()
    CHANGED = auto()
    UNCHANGED = auto()
    REFUSED = auto()


@dataclass(frozen=True)
class Difference:
    """One thing that a row changes: the column, from, to."""

    column: Column
    was: Any
    now: Any


@dataclass
class Planned:
    """One row: its number in the table as a person counts it, its cells by column, and what becomes of it."""

    number: int
    cells: dict[str, str]
    fate: Fate = Fate.UNCHANGED
    values: Values = field(default_factory=dict)
    given: set[str] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)
    column: Column | None = None
    why: Say | None = None

    def refuse(self, unfit: Unfit, column: Column | None) -> None:
        self.fate, self.why, self.column = Fate.REFUSED, unfit.why, column

    @property
    def problem(self) -> Say | None:
        """Why it is refused, with its column."""
        if self.why is None or self.column is None:
            return self.why
        return Say("{column}: {why}", column=self.column.heading, why=self.why)


@dataclass(frozen=True)
class Asked:
    """Under what circumstances: which store, from which day on prices hold, who enters it, when."""

    store: Store
    since: date
    by: Person
    at: datetime


@dataclass
class Plan:
    """All rows with their fates. ``digest`` changes when any fate does; ``unused`` are headings nobody asked for."""

    rows: list[Planned]
    unused: list[str]

    def __getitem__(self, fate: Fate) -> list[Planned]:
        return [row for row in self.rows if row.fate is fate]

    @property
    def counts(self) -> Counter[Fate]:
        return Counter(row.fate for row in self.rows)

    @property
    def to_enter(self) -> list[Planned]:
        return [row for row in self.rows if row.fate in (Fate.NEW, Fate.CHANGED)]

    @property
    def digest(self) -> str:
        told = "\n".join(
            f"{row.number} {row.fate} {[(d.column.name, str(d.was), str(d.now)) for d in row.differences]} {row.why}"
            for row in self.rows)
        return hashlib.sha256(told.encode()).hexdigest()[:32]


class Table(ABC):
    """A kind of table that can be taken in. One object serves all stores; what is there is looked up in ``look``."""

    name: ClassVar[str]
    title: ClassVar[Say]
    meaning: ClassVar[Say]
    columns: ClassVar[tuple[Column, ...]]
    key: ClassVar[str]
    dated: ClassVar[bool] = False  # whether its prices hold from a day on

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @abstractmethod
    def look(self, asked: Asked, rows: Sequence[Values]) -> Any:
        """What is there already, in a few queries however many rows there are."""

    @abstractmethod
    def judge(self, row: Planned, there: Any, asked: Asked) -> None:
        """Set the row's fate and differences. Raises Unfit, or ``Misfit`` to name the column."""

    @abstractmethod
    def enter(self, rows: Iterable[Planned], there: Any, asked: Asked) -> None:
        """Write the new and the changed rows."""

    def plan(self, cells: list[list[str]], asked: Asked) -> tuple[Plan, Any]:
        """Read and judge every row. Raises Refused (field ``file``) when the headings do not fit."""
        head, places, unused = self._headings(cells)
        rows = [Planned(number, {column.name: line[place] if place < len(line) else ""
                                 for column, place in places.items()})
                for number, line in enumerate(cells[head + 1:], start=head + 2) if line]
        for row in rows:
            self._read(row, places)
        self._doubles(rows)
        fit = [row for row in rows if row.fate is not Fate.REFUSED]
        there = self.look(asked, [row.values for row in fit])
        for row in fit:
            try:
                self.judge(row, there, asked)
            except Misfit as misfit:
                row.refuse(misfit, self.column(misfit.column))
            except Unfit as unfit:
                row.refuse(unfit, None)
        return Plan(rows, unused), there

    def _headings(self, cells: list[list[str]]) -> tuple[int, dict[Column, int], list[str]]:
        """The row of the headings (a title may stand above it), and at which place each column lies."""
        best: tuple[int, dict[Column, int]] = (0, {})
        for number, line in enumerate(cells[:6]):
            names = [folded(cell) for cell in line]
            places = {column: next(place for place, name in enumerate(names) if name in column.names)
                      for column in self.columns if column.names & set(names)}
            if len(places) > len(best[1]):
                best = (number, places)
        head, places = best
        if not places:
            head = next((number for number, line in enumerate(cells) if line), 0)
        missing = [column for column in self.columns if column.required and column not in places]
        if missing:
            found = "、".join(cell for cell in cells[head] if cell)[:200] or "–"
            raise Refused(file=Say(
                "The headings do not fit. Missing: {missing}. Found in the first row: {found}. The headings are in the "
                "template.", missing=_listed(missing), found=found))
        used = set(places.values())
        return head, places, [cell for place, cell in enumerate(cells[head]) if cell and place not in used]

    def _read(self, row: Planned, places: dict[Column, int]) -> None:
        for column in self.columns:
            try:
                row.values[column.name] = column.value(row.cells.get(column.name, "")) \
                    if column in places else column.otherwise
            except Unfit as unfit:
                row.refuse(unfit, column)
                return
        row.given = {column.name for column in places if row.cells.get(column.name)}

    def _doubles(self, rows: list[Planned]) -> None:
        first: dict[Any, int] = {}
        for row in rows:
            if row.fate is Fate.REFUSED:
                continue
            value = row.values[self.key]
            if value in first:
                row.refuse(Unfit(Say("“{cell}” stands in row {row} already", cell=value, row=first[value])),
                           self.column(self.key))
            else:
                first[value] = row.number

    def compare(self, row: Planned, was: Values) -> None:
        """Every column whose value is not what it was, except what was left empty where that means nothing."""
        for column in self.columns:
            if column.name not in was:
                continue
            now = row.values[column.name]
            if column.name not in row.given and not column.required:
                row.values[column.name] = was[column.name]  # an empty cell leaves what is there
            elif now != was[column.name]:
                row.differences.append(Difference(column, was[column.name], now))
        row.fate = Fate.CHANGED if row.differences else Fate.UNCHANGED


class Misfit(Unfit):
    """Unfit, with the name of the column."""

    def __init__(self, column: str, why: Say) -> None:
        self.column = column
        super().__init__(why)


def _listed(columns: Sequence[Column]) -> Say:
    said = Say("{one}", one=columns[0].heading)
    for column in columns[1:]:
        said = Say("{before}, {one}", before=said, one=column.heading)
    return said
