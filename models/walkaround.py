"""Walk-around: what was seen at the car with the customer, and their signature under it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum, auto
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, many, new_id, one
from models.journey import Stage, Visit, act
from models.people import May, Person
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.files import StoredFile
    from models.vehicles import Vehicle


class MarkKind(StrEnum):
    """Kinds of damage."""

    SCRATCH = auto()
    DENT = auto()
    CHIP = auto()
    CRACK = auto()
    MISSING = auto()


class MarkState(StrEnum):
    """What a visit saw of a mark."""

    NEW = auto()
    CONFIRMED = auto()
    REPAIRED = auto()


class OldPartsWish(StrEnum):
    """What the customer wants done with replaced parts."""

    TAKE = auto()
    LEAVE = auto()


class Walkaround(Owned):
    """The sheet of one visit. It counts only with its signature; fuel in percent, odometer in km."""

    __tablename__ = "walkaround"
    __table_args__ = (
        key("visit_id", "visit"),
        key("signature_id", "stored_file"),
        sa.UniqueConstraint("visit_id"),
        sa.CheckConstraint("fuel_percent BETWEEN 0 AND 100", name="fuel_percent"),
        sa.CheckConstraint("odometer_km >= 0", name="odometer"),
        sa.CheckConstraint("signed_at IS NULL OR signed_at >= started_at", name="signed_after_start"),
    )
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID]
    started_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    odometer_km: Mapped[int | None]
    fuel_percent: Mapped[int | None]
    warning_lamps: Mapped[str] = mapped_column(default="")
    valuables: Mapped[str] = mapped_column(default="")
    wash_wanted: Mapped[bool] = mapped_column(default=True)
    waits_on_site: Mapped[bool] = mapped_column(default=True)
    old_parts: Mapped[OldPartsWish] = mapped_column(default=OldPartsWish.LEAVE)
    free_inspections: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    signature_id: Mapped[uuid.UUID | None]
    visit: Mapped[Visit] = one("Visit.id == foreign(Walkaround.visit_id)", back_populates="walkaround")
    by: Mapped[Person] = one("Person.id == foreign(Walkaround.by_id)")
    seen: Mapped[list[MarkSeen]] = many("Walkaround.id == foreign(MarkSeen.walkaround_id)",
                                        back_populates="walkaround", order_by="MarkSeen.id")
    photos: Mapped[list[WalkaroundPhoto]] = many("Walkaround.id == foreign(WalkaroundPhoto.walkaround_id)",
                                                 back_populates="walkaround", order_by="WalkaroundPhoto.id")

    @property
    def journey(self) -> Visit:
        return self.visit

    @classmethod
    def begin(cls, visit: Visit, *, by: Person, at: datetime) -> Walkaround:
        """Start the sheet, or go on with the one that was begun."""
        if visit.walkaround is not None:
            return visit.walkaround
        visit.begin_reception(by=by, at=at)
        return keep(cls(visit=visit, started_at=at, by_id=by.id))

    def _signed(self, by: Person | None) -> Iterator[Say]:
        if self.signed_at is not None:
            yield Say("The customer has signed this sheet; it cannot be changed any more.")

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), guard=_signed, says="Readings noted")
    def note_readings(self, *, odometer_km: int, fuel_percent: int, by: Person, at: datetime, warning_lamps: str = "",
                      valuables: str = "", wash_wanted: bool = True, waits_on_site: bool = True,
                      old_parts: OldPartsWish = OldPartsWish.LEAVE, free_inspections: str = "",
                      note: str = "", sure: bool = False) -> None:
        """Everything that is read, asked or agreed at the car. Doubtful readings need a second look (``sure``)."""
        if not 0 <= fuel_percent <= 100:
            raise Blocked(Say("The fuel level is between 0 and 100 percent."))
        doubts = self.visit.vehicle.km_doubts(odometer_km)
        if doubts and not sure:
            raise Blocked(doubts)
        self.odometer_km, self.fuel_percent, self.warning_lamps = odometer_km, fuel_percent, warning_lamps
        self.valuables, self.wash_wanted, self.waits_on_site = valuables, wash_wanted, waits_on_site
        self.old_parts, self.free_inspections, self.note = old_parts, free_inspections, note
        db.session.flush()

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), guard=_signed, says="Damage marked")
    def mark(self, place: str, kind: MarkKind, *, by: Person, at: datetime, note: str = "",
             photo: StoredFile | None = None, x: int | None = None, y: int | None = None) -> DamageMark:
        """A new mark on the car. ``x`` and ``y`` are per mille of the outline."""
        found = keep(DamageMark(store_id=self.visit.store_id, vehicle=self.visit.vehicle, place=place, kind=kind,
                                note=note, x=x, y=y, photo=photo, first_seen_at=at))
        keep(MarkSeen(walkaround=self, mark=found, state=MarkState.NEW, by_id=by.id, at=at))
        return found

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), guard=_signed, says="Earlier damage looked at again")
    def look_again(self, mark: DamageMark, state: MarkState, *, by: Person, at: datetime) -> MarkSeen:
        """A mark of an earlier visit is still there, or has been repaired."""
        return keep(MarkSeen(walkaround=self, mark=mark, state=state, by_id=by.id, at=at))

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), guard=_signed, says="Mark taken back")
    def unmark(self, mark: DamageMark, *, by: Person, at: datetime) -> None:
        """The mark was a slip of the finger. As long as nobody has signed the sheet it is nobody's but ours: a new one
        goes, one of an earlier visit is to be looked at again."""
        seen = next((seen for seen in self.seen if seen.mark_id == mark.id), None)
        if seen is None:
            raise Blocked(Say("This mark is not on the sheet any more."))
        db.session.delete(seen)
        db.session.flush()
        if seen.state is MarkState.NEW:
            db.session.expire(mark, ["seen"])
            db.session.delete(mark)
        db.session.expire(self, ["seen"])

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), guard=_signed, says="Photo taken")
    def add_photo(self, photo: StoredFile, angle: str, *, by: Person, at: datetime) -> WalkaroundPhoto:
        """One of the guided angles, or a detail."""
        return keep(WalkaroundPhoto(walkaround=self, photo=photo, angle=angle))

    def _incomplete(self, by: Person | None) -> Iterator[Say]:
        yield from self._signed(by)
        if self.odometer_km is None or self.fuel_percent is None:
            yield Say("Odometer and fuel level are missing.")

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), guard=_incomplete, says="Walk-around signed by the customer")
    def sign(self, *, signed_by: str, by: Person, at: datetime, signature: StoredFile | None = None) -> None:
        """The customer's signature closes the sheet; the reading becomes the car's last known one."""
        if not signed_by.strip():
            raise Blocked(Say("Who signs? Type the name of the person at the car."))
        self.signed_at, self.signed_by = at, signed_by
        self.signature_id = signature.id if signature else None
        assert self.odometer_km is not None
        self.visit.vehicle.read_odometer(self.odometer_km, visit_id=self.visit.id, by=by, at=at)
        self.visit.walked(by=by, at=at)


class DamageMark(Owned):
    """A mark on a car: a fact of the car, seen by visits. Place is the outline's part, clockwise from the driver."""

    __tablename__ = "damage_mark"
    __table_args__ = (key("vehicle_id", "vehicle"), key("photo_id", "stored_file"))
    owned_by = "vehicle"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    vehicle_id: Mapped[int] = mapped_column(index=True)
    place: Mapped[str]
    kind: Mapped[MarkKind]
    note: Mapped[str] = mapped_column(default="")
    x: Mapped[int | None]
    y: Mapped[int | None]
    photo_id: Mapped[uuid.UUID | None]
    first_seen_at: Mapped[datetime]
    vehicle: Mapped[Vehicle] = one("Vehicle.id == foreign(DamageMark.vehicle_id)")
    photo: Mapped[StoredFile | None] = one("StoredFile.id == foreign(DamageMark.photo_id)")
    seen: Mapped[list[MarkSeen]] = many("DamageMark.id == foreign(MarkSeen.mark_id)", back_populates="mark",
                                        order_by="MarkSeen.at, MarkSeen.id")

    @property
    def repaired(self) -> bool:
        return bool(self.seen) and self.seen[-1].state is MarkState.REPAIRED


class MarkSeen(Owned):
    """What one visit saw of one mark, by whom and when."""

    __tablename__ = "mark_seen"
    __table_args__ = (key("walkaround_id", "walkaround"), key("mark_id", "damage_mark"),
                      sa.UniqueConstraint("walkaround_id", "mark_id"))
    owned_by = "walkaround"
    id: Mapped[int] = mapped_column(primary_key=True)
    walkaround_id: Mapped[int]
    mark_id: Mapped[uuid.UUID]
    state: Mapped[MarkState]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    walkaround: Mapped[Walkaround] = one("Walkaround.id == foreign(MarkSeen.walkaround_id)", back_populates="seen")
    mark: Mapped[DamageMark] = one("DamageMark.id == foreign(MarkSeen.mark_id)", back_populates="seen")


class WalkaroundPhoto(Owned):
    """A guided photo of the sheet."""

    __tablename__ = "walkaround_photo"
    __table_args__ = (key("walkaround_id", "walkaround"), key("photo_id", "stored_file"),
                      sa.UniqueConstraint("walkaround_id", "photo_id"))
    owned_by = "walkaround"
    id: Mapped[int] = mapped_column(primary_key=True)
    walkaround_id: Mapped[int]
    photo_id: Mapped[uuid.UUID]
    angle: Mapped[str]
    walkaround: Mapped[Walkaround] = one(
        "Walkaround.id == foreign(WalkaroundPhoto.walkaround_id)", back_populates="photos")
    photo: Mapped[StoredFile] = one("StoredFile.id == foreign(WalkaroundPhoto.photo_id)")


def earlier_marks(visit: Visit) -> list[DamageMark]:
    """Marks of the car that earlier visits saw and nobody has cleared: shown grey, to be looked at again."""
    marks = db.session.scalars(
        sa.select(DamageMark).where(DamageMark.vehicle_id == visit.vehicle_id,
                                    DamageMark.first_seen_at < visit.arrived_at)).all()
    return [mark for mark in marks if not mark.repaired]
