"""The page of a list that was asked for: ``sort``, ``page`` and the filters of the address.

Nothing else stands in an address: no name, no telephone, nothing that was searched for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import sqlalchemy as sa
from flask import request

from models.base import db
from models.words import Say
from views.access import now
from views.lists.declared import Column, Listing
from views.respond import came_from

PAGE = 40
AT_A_TIME = 500  # rows fetched together for a sheet
FURTHEST = 10_000_000  # a page number beyond this is no page number
HERE_ONLY = ("format", "handed")  # asked once, not part of where one is


@dataclass
class Listed:
    """A list as it was asked for: one page of it, and the ways to the others."""

    listing: Listing
    source: sa.Select[Any] | Sequence[Any]
    path: str
    asked: dict[str, str]
    total: int
    sorted_by: Column | None
    descending: bool
    prefix: str = ""
    about: Any = ""
    page: int = 1
    size: int = PAGE
    at: datetime = field(default_factory=now)
    refused: list[Say] = field(default_factory=list)
    rows: Sequence[Any] = ()

    @property
    def key(self) -> str:
        return self.listing.key

    @property
    def first(self) -> int:
        return min((self.page - 1) * self.size + 1, self.total)

    @property
    def last(self) -> int:
        return min(self.page * self.size, self.total)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    def address(self, **changes: str | int | None) -> str:
        """This list with something else asked of it; None takes a question away."""
        args = {**self.asked, **{self.prefix + name: value for name, value in changes.items()}}
        told = urlencode({name: value for name, value in args.items() if value not in (None, "")})
        return f"{self.path}?{told}" if told else self.path

    @property
    def before(self) -> str:
        return self.address(page=self.page - 1 if self.page > 2 else None) if self.page > 1 else ""

    @property
    def after(self) -> str:
        return self.address(page=self.page + 1) if self.page < self.pages else ""

    @property
    def here(self) -> str:
        return self.address()

    @property
    def excel(self) -> str:
        """Where the whole list can be fetched as a workbook; the page's other lists come with it."""
        asked = {name: value for name, value in self.asked.items() if not name.endswith("page")}
        return f"{self.path}?{urlencode({**asked, 'format': 'xlsx'})}"

    def sorted(self, column: Column) -> str:
        """ascending, descending or nothing: as ``aria-sort`` says it."""
        if self.sorted_by is not column:
            return ""
        return "descending" if self.descending else "ascending"

    def sort_href(self, column: Column) -> str:
        """Sorted by a column; once more turns it round."""
        turned = self.sorted_by is column and not self.descending
        return self.address(sort=f"-{column.key}" if turned else column.key, page=None)

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The heads of the columns as ``ui.table`` takes them."""
        return [{"label": column.label, "align": "end" if column.kind.at_the_end else "",
                 "sort_href": self.sort_href(column) if column.sorts else "", "sorted": self.sorted(column)}
                for column in self.listing.columns]

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The ways to sort, for a menu: the list's own order first, the current one marked with its direction."""
        own = self.listing.its_order
        found = [] if own is None else [{"label": own, "href": self.address(sort=None, page=None),
                                         "sorted": "" if self.sorted_by else "own"}]
        return found + [{"label": column.label, "href": self.sort_href(column), "sorted": self.sorted(column)}
                        for column in self.listing.columns if column.sorts]

    def all(self) -> Iterator[Any]:
        """Every row in the order asked for, fetched some at a time."""
        if isinstance(self.source, sa.Select):
            yield from db.session.execute(self._in_order(), execution_options={"yield_per": AT_A_TIME})
        else:
            rows = self._arranged()
            for start in range(0, len(rows), AT_A_TIME):
                yield from self._dressed(rows[start:start + AT_A_TIME])

    def read(self) -> Listed:
        """The rows of the page."""
        start = (self.page - 1) * self.size
        if isinstance(self.source, sa.Select):
            self.rows = db.session.execute(self._in_order().limit(self.size).offset(start)).all()
        else:
            self.rows = list(self._dressed(self._arranged()[start:start + self.size]))
        return self

    def _dressed(self, rows: Sequence[Any]) -> Iterable[Any]:
        return self.listing.dress(rows) if self.listing.dress is not None else rows

    def _in_order(self) -> sa.Select[Any]:
        listing, terms = self.listing, []
        if self.sorted_by is not None:
            terms.append(self.sorted_by.ordering(descending=self.descending))
        for key in listing.order:
            column = next(one for one in listing.columns if one.key == key.lstrip("-"))
            terms.append(column.ordering(descending=key.startswith("-")))
        return self.source.order_by(*terms, listing.last)  # type: ignore[union-attr]

    def _arranged(self) -> Sequence[Any]:
        rows: Sequence[Any] = self.source  # type: ignore[assignment]
        column, last = self.sorted_by, self.listing.last
        if last is not None:
            rows = sorted(rows, key=last)
        if column is None:
            return rows
        placed = [(column.place(row), row) for row in rows]
        there = sorted((pair for pair in placed if pair[0] not in (None, "")), key=lambda pair: pair[0],
                       reverse=self.descending)
        return [row for _, row in there] + [row for place, row in placed if place in (None, "")]


def listed(listing: Listing, source: sa.Select[Any] | Iterable[Any], *, path: str, prefix: str = "",
           about: Any = "", refused: Iterable[Say] = ()) -> Listed:
    """Read the page of a list that the address asks for. Two queries for a select, none for rows that are there.

    ``path`` is the list's own address without questions. A second list on a page has a ``prefix`` for its questions.
    ``about`` is what it is narrowed to (a day, a person): the title of its sheet tells it.
    What cannot be understood is left aside and said (``refused``); a page past the end is the last one.
    """
    asked = questions(path)
    rows = source if isinstance(source, sa.Select) else list(source)
    total = _count(rows) if isinstance(rows, sa.Select) else len(rows)
    told = Listed(listing, rows, path, asked, total, None, False, prefix, about, refused=list(refused))
    _sort(told)
    _turn(told)
    if not wants_sheet():
        told.read()
    return told


def wants_sheet() -> bool:
    """Whether the lists of this page are asked for as a workbook."""
    return request.method == "GET" and request.args.get("format") == "xlsx"


def questions(path: str) -> dict[str, str]:
    """What is asked of the list at ``path``; a refused form that shows its list again asks what its page asked."""
    if request.method == "GET":
        asked = request.args.to_dict()
    else:
        told = urlsplit(came_from())
        asked = dict(parse_qsl(told.query)) if told.path == path else {}
    return {name: value for name, value in asked.items() if name not in HERE_ONLY and value}


def as_it_was(path: str) -> str:
    """The address of a list as its reader left it, sorted and narrowed, for an act that leads back to it."""
    told = came_from()
    return told if urlsplit(told).path == urlsplit(path).path else path


def _count(select: sa.Select[Any]) -> int:
    bare = select.order_by(None).with_only_columns(sa.literal_column("1"), maintain_column_froms=True)
    return int(db.session.scalar(sa.select(sa.func.count()).select_from(bare.subquery())) or 0)


def _sort(told: Listed) -> None:
    wanted = told.asked.get(told.prefix + "sort", "")
    column = told.listing.column(wanted.removeprefix("-"))
    if wanted and column is None:
        told.refused.append(Say("This list cannot be sorted that way. It stands in its usual order."))
        told.asked.pop(told.prefix + "sort")
    if column is None and told.listing.order:
        wanted = told.listing.order[0]
        column = told.listing.column(wanted.lstrip("-"))
    told.sorted_by, told.descending = column, wanted.startswith("-")


def _turn(told: Listed) -> None:
    wanted = told.asked.get(told.prefix + "page", "1")
    if wanted.isascii() and wanted.isdigit() and 0 < int(wanted[:9]) < FURTHEST:
        told.page = min(int(wanted[:9]), told.pages)
    else:
        told.refused.append(Say("There is no such page. This is the first one."))
        told.asked.pop(told.prefix + "page")
