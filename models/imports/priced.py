"""Prices that come with a table: what a code costs now, and whether a new price may begin on the chosen day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import Commission, CommissionFor, Price, PriceKind
from models.imports.plan import Asked, Misfit, Planned
from models.money import Fen
from models.words import Say


@dataclass(frozen=True)
class Last:
    """The newest version of a price."""

    amount: Fen
    cost: Fen | None
    since: date


Prices = dict[tuple[PriceKind, str], Last]
Commissions = dict[tuple[CommissionFor, str], Last]


def last_prices(store_id: int, *kinds: PriceKind) -> Prices:
    """The newest version of every price of some kinds; one query."""
    rows = db.session.execute(
        sa.select(Price.kind, Price.code, Price.amount, Price.cost, Price.valid_from)
        .where(Price.store_id == store_id, Price.kind.in_(kinds)).order_by(Price.valid_from))
    return {(kind, code): Last(amount, cost, since) for kind, code, amount, cost, since in rows}


def last_commissions(store_id: int) -> Commissions:
    """The newest version of every commission; one query."""
    rows = db.session.execute(
        sa.select(Commission.earned_by, Commission.code, Commission.amount, Commission.valid_from)
        .where(Commission.store_id == store_id).order_by(Commission.valid_from))
    return {(earned_by, code): Last(amount, None, since) for earned_by, code, amount, since in rows}


def may_begin(row: Planned, asked: Asked, lasts: Mapping[str, Last | None]) -> None:
    """What was agreed before stays as it was. Raises Misfit for a changed column whose version would reach backwards.

    ``lasts``: the newest version behind each column that holds a price.
    """
    for difference in row.differences:
        last = lasts.get(difference.column.name)
        if last is not None and (asked.since <= last.since or asked.since < asked.store.day(asked.at)):
            raise Misfit(difference.column.name, Say(
                "holds since {day}; a new one begins on a later day, today at the earliest. "
                "Choose another day above", day=last.since))


class Versions:
    """New versions of prices and commissions, where they are others than before; written all at once."""

    def __init__(self, asked: Asked) -> None:
        self._prices: list[dict[str, Any]] = []
        self._commissions: list[dict[str, Any]] = []
        self._same = {"store_id": asked.store.id, "valid_from": asked.since, "by_id": asked.by.id, "at": asked.at}

    def price(self, kind: PriceKind, code: str, amount: Fen, cost: Fen | None, last: Last | None) -> None:
        if last is None or (last.amount, last.cost) != (amount, cost):
            self._prices.append({**self._same, "kind": kind, "code": code, "amount": amount, "cost": cost})

    def commission(self, earned_by: CommissionFor, code: str, amount: Fen | None, last: Last | None) -> None:
        if amount is not None and (last is None or last.amount != amount):
            self._commissions.append({**self._same, "earned_by": earned_by, "code": code, "amount": amount})

    def write(self) -> None:
        for kind, rows in ((Price, self._prices), (Commission, self._commissions)):
            if rows:
                db.session.execute(sa.insert(kind), rows)
