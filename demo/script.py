"""The script as a list of moments: time, turns of one minute, and what is known while it is played."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from demo.people import hire
from models.base import db
from models.booking import Appointment
from models.consent import Channel, Request
from models.dispatch import Clocking, Job
from models.followup import (
    Call,
)
from models.journey import Visit, VisitClass
from models.orders import Line, PayType, RepairOrder
from models.people import Person
from models.stores import Store
from models.vehicles import Vehicle

SCRIPT_DAY = date(2026, 3, 18)
FOLDER = Path(__file__).parent / "day"
Row = dict[str, str]

PAYS = {"C": PayType.CUSTOMER, "W": PayType.WARRANTY, "I": PayType.INTERNAL, "R": PayType.REWORK}
CLASSES = {"保养": VisitClass.MAINTENANCE, "保养+维修": VisitClass.MAINTENANCE_REPAIR, "维修": VisitClass.REPAIR,
           "小修": VisitClass.MINOR, "索赔": VisitClass.WARRANTY, "PDI": VisitClass.PDI, "返修": VisitClass.REWORK}
CHANNELS = {"link and code": Channel.LINK_AND_CODE, "own phone": Channel.OWN_PHONE}
# Things of one minute happen in this order: what is decided comes before what uses it.
(COMES, ARRIVES, TALKS, DECIDES, CHANGES, ASKS, SUPPLIES, STOPS, CHECKS, STARTS, CLEANS, SETTLES, PAYS_IN, LEAVES,
 GOES) = range(15)


def rows(name: str) -> list[Row]:
    """The rows of one file of the day."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass
class Car:
    """One car of the day while it is played."""

    row: Row
    lines: list[Row]
    vehicle: Vehicle
    advisor: Person
    visit: Visit = field(init=False)
    order: RepairOrder = field(init=False)
    requests: dict[str, Request] = field(default_factory=dict)
    clock: dict[str, Clocking] = field(default_factory=dict)

    def line(self, number: str | int) -> Line:
        return self.order.lines[int(number) - 1]

    @property
    def job(self) -> Job:
        return self.order.jobs[0]


class Script:
    """Moments, played in their order."""

    def __init__(self, store: Store, day: date) -> None:
        self.store, self.day, self.shift = store, day, day - SCRIPT_DAY
        self.people = hire(store, since=SCRIPT_DAY + self.shift - timedelta(days=400))
        self.script: list[tuple[datetime, int, int, Callable[[datetime], object]]] = []
        self.cars: dict[str, Car] = {}
        self.appointments: dict[str, Appointment] = {}
        self.calls: dict[str, Call] = {}

    # --- time

    def date(self, text: str) -> date:
        return date.fromisoformat(text) + self.shift

    def at(self, text: str) -> datetime:
        """'08:43' of the day, or '2026-03-16 10:00' moved with it."""
        on, clock = (self.date(text[:10]), text[11:]) if len(text) > 5 else (self.day, text)
        return self.store.moment(on, time.fromisoformat(clock)).astimezone(UTC)

    def then(self, when: str | datetime, turn: int, do: Callable[[datetime], object]) -> None:
        at = self.at(when) if isinstance(when, str) else when
        self.script.append((at, turn, len(self.script), do))

    def play(self, until: datetime | None = None) -> None:
        """Let everything happen that lies before ``until``."""
        for at, _, _, do in sorted(self.script, key=lambda moment: moment[:3]):
            if until is None or at <= until:
                do(at)
                db.session.flush()
