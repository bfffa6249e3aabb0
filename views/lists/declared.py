"""What a list is: its columns, how each is read, sorted and written, and the order it has by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.words import Say
from views.html import reader_language


class Kind(Enum):
    """What stands in a column: how a sheet writes it, and from which end a page does."""

    TEXT = auto()
    PLATE = auto()
    PHONE = auto()
    WORD = auto()     # a state, in the reader's language
    SAY = auto()      # a sentence
    COUNT = auto()
    MONEY = auto()    # whole fen
    HOURS = auto()    # hundredths of an hour
    MOMENT = auto()   # on the store's clock
    DAY = auto()
    FIGURE = auto()   # ``Measured``

    @property
    def at_the_end(self) -> bool:
        """Numbers line up at the end of their column."""
        return self in (Kind.COUNT, Kind.MONEY, Kind.HOURS, Kind.FIGURE)


@dataclass(frozen=True)
class Measured:
    """A number in a unit of its own: as a sheet keeps it, with the pattern it is shown by."""

    value: Fraction | int | None
    pattern: str = "0.##"


@dataclass(frozen=True)
class Column:
    """One column. ``of`` is a SQL expression, or a function of a row; without it the row's attribute named ``key``.

    ``en`` is the same for whoever reads English; ``told`` turns what was read into what is shown; ``by`` is sorted by
    instead of ``of``. Columns of free text and of names do not sort: the order of Unicode is nobody's order, and search
    finds names.
    """

    key: str
    label: Say
    kind: Kind = Kind.TEXT
    of: Any = None
    en: Any = None
    by: Any = None
    told: Callable[[Any], Any] | None = None
    sorts: bool = True
    exported: bool = True

    def expression(self) -> sa.ColumnElement[Any]:
        """What is selected, in the reader's language."""
        chosen: sa.ColumnElement[Any] = self.en if self.en is not None and reader_language() == "en" else self.of
        return chosen

    def read(self, row: Any) -> Any:
        """The cell of a row that has been read."""
        selected = self.of is None or isinstance(self.of, sa.ColumnElement | sa.orm.InstrumentedAttribute)
        value = getattr(row, self.key) if selected else self.of(row)
        return self.told(value) if self.told is not None else value

    def ordering(self, *, descending: bool) -> sa.ColumnElement[Any]:
        """The term of an ORDER BY; what is missing comes last, on either engine, in either direction.

        States stand in the order in which they are declared, text in that of its signs.
        """
        term = self.by if self.by is not None else self.expression()
        if isinstance(term.type, sa.Enum) and term.type.enum_class is not None:
            places = {member.value: place for place, member in enumerate(term.type.enum_class)}
            term = sa.case(places, value=term)
        elif isinstance(term.type, sa.String) and db.engine.dialect.name == "postgresql":
            term = term.collate("C")
        return (term.desc() if descending else term.asc()).nulls_last()

    def place(self, row: Any) -> Any:
        """What a row that has been read is sorted by."""
        value = self.by(row) if self.by is not None else self.read(row)
        if isinstance(value, Measured):
            value = value.value
        if isinstance(value, Enum):
            value = list(type(value)).index(value)
        return value


@dataclass(frozen=True)
class Listing:
    """A list. ``key`` names it on the page; ``order`` is its own order: keys of columns, ``-`` before those that fall.

    ``last`` keeps the order the same from page to page: a key of the select, or a function of a row that is there.
    ``carries`` is what each selected row brings for its links and badges without being a column.
    A list without ``order`` comes in an order of its own (the published one of the queue, that of the shelves).
    """

    key: str
    name: Say | str
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    last: Any = None
    carries: Mapping[str, Any] = field(default_factory=dict)
    dress: Callable[[Sequence[Any]], Iterable[Any]] | None = None
    """Completes rows that were sorted already, some at a time: with names and plates that need a query."""
    its_order: Say | None = None
    """What its own order is called among the choices."""

    def select(self) -> sa.Select[Any]:
        """The select of its rows; the view joins and narrows it."""
        return sa.select(*(column.expression().label(column.key) for column in self.columns),
                         *(what.label(name) for name, what in self.carries.items()))

    def column(self, key: str) -> Column | None:
        """The column of a name, if the list can be sorted by it."""
        return next((column for column in self.columns if column.key == key and column.sorts), None)

