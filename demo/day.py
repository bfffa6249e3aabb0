"""The day, played through the domain's own methods at the times of the script. Never a result inserted.

The script is written for Wednesday, 18 March 2026; on another date everything moves by as many days.
"""

from __future__ import annotations

from datetime import date, time

from demo.afterwards import Afterwards
from demo.before import Before
from demo.people import open_store
from demo.reception import Reception
from demo.script import COMES, GOES, Car, Row, rows
from demo.tablets import Tablets
from demo.workshop import Workshop
from models.base import db
from models.people import Attendance
from models.stores import Store


class Day(Before, Reception, Workshop, Tablets, Afterwards):
    """The whole day."""

    def write(self) -> None:
        """Put every row of every file into the script."""
        for row in rows("attendance"):
            self._attendance(row)
        lines = rows("lines")
        for row in rows("visits"):
            car = Car(row, [line for line in lines if line["visit"] == row["visit"]], self.vehicles[row["vehicle"]],
                      self.people[row["advisor"]])
            self.cars[row["visit"]] = car
        for row in rows("appointments"):
            self._appointment(row)
        walks = {row["visit"]: row for row in rows("walkarounds")}
        outcomes = {row["visit"]: row for row in rows("outcomes")}
        for name, car in self.cars.items():
            self._reception(car, walks.get(name), outcomes[name])
        for row in rows("requests"):
            self._request(self.cars[row["visit"]], row)
        for row in rows("found"):
            self._found(self.cars[row["visit"]], row)
        for row in rows("issues"):
            self._issue(self.cars[row["visit"]], row)
        self._clockings()
        for row in rows("checks"):
            self._check(self.cars[row["visit"]], row)
        for row in rows("deliveries"):
            self._delivery(self.cars[row["visit"]], row)
        for row in rows("acts"):
            self._act(row)
        for row in rows("damage"):
            self._damage(self.vehicles[row["vehicle"]], row)
        for row in rows("brought"):
            self._brought(self.cars[row["visit"]], row)
        self._after_sales()

    def _attendance(self, row: Row) -> None:
        person = self.people[row["employee"]]
        lunch = self.at(row["lunch_to"]) - self.at(row["lunch_from"])
        days: list[Attendance] = []
        self.then(row["come"], COMES, lambda at: days.append(Attendance.come(person, at=at)))
        self.then(row["go"], GOES, lambda at: days[0].go(at=at, lunch_minutes=int(lunch.total_seconds()) // 60))


def load(day: date, until: time | None = None) -> Store:
    """Open the demo store and play its day on a date, whole or up to a wall-clock time. Does not commit."""
    store = open_store()
    db.session.flush()
    played = Day(store, day)
    played.furnish()
    played.write()
    played.play(store.moment(day, until) if until else None)
    return store
