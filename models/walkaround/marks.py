"""Damage: facts of a car, seen by one visit after another; each sighting with who, when and, if taken, a photo."""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum, auto
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column, selectinload

from models.base import Owned, db, keep, key, many, new_id, one
from models.journey import Visit
from models.people import Person
from models.vehicles import Body

if TYPE_CHECKING:
    from models.files import StoredFile
    from models.vehicles import Vehicle
    from models.walkaround.sheets import Walkaround


class MarkKind(StrEnum):
    """Kinds of damage."""

    SCRATCH = auto()
    DENT = auto()
    CHIP = auto()
    CRACK = auto()
    MISSING = auto()


class MarkSize(StrEnum):
    """How large it is, beside things everybody carries."""

    DOT = auto()    # up to one centimetre
    COIN = auto()   # up to three
    PALM = auto()   # up to ten
    LARGER = auto()


class MarkState(StrEnum):
    """What a visit saw of a mark."""

    NEW = auto()
    CONFIRMED = auto()
    REPAIRED = auto()


class DamageMark(Owned):
    """A mark on a car: a fact of the car, seen by visits. Place is a part of the outline, clockwise from the driver.

    ``x`` and ``y`` are per mille of the drawing of ``body``, the one it was tapped on; all three may be unknown.
    """

    __tablename__ = "damage_mark"
    __table_args__ = (key("vehicle_id", "vehicle"), key("photo_id", "stored_file"))
    owned_by = "vehicle"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    vehicle_id: Mapped[int] = mapped_column(index=True)
    place: Mapped[str]
    kind: Mapped[MarkKind]
    size: Mapped[MarkSize | None]
    note: Mapped[str] = mapped_column(default="")
    body: Mapped[Body | None]
    x: Mapped[int | None]
    y: Mapped[int | None]
    photo_id: Mapped[uuid.UUID | None]
    first_seen_at: Mapped[datetime]
    vehicle: Mapped[Vehicle] = one("Vehicle.id == foreign(DamageMark.vehicle_id)")
    photo: Mapped[StoredFile | None] = one("StoredFile.id == foreign(DamageMark.photo_id)")
    seen: Mapped[list[MarkSeen]] = many("DamageMark.id == foreign(MarkSeen.mark_id)", back_populates="mark",
                                        order_by="MarkSeen.at, MarkSeen.id")

    @classmethod
    def from_records(cls, vehicle: Vehicle, place: str, kind: MarkKind, *, at: datetime, size: MarkSize | None = None,
                     note: str = "") -> DamageMark:
        """Damage that older records tell of, seen at ``at``; the next walk-around looks at it again."""
        return keep(cls(store_id=vehicle.store_id, vehicle=vehicle, place=place, kind=kind, size=size, note=note,
                        first_seen_at=at))

    @property
    def repaired(self) -> bool:
        return bool(self.seen) and self.seen[-1].state is MarkState.REPAIRED


class MarkSeen(Owned):
    """What one visit saw of one mark, by whom and when; a photo of that day if one was taken."""

    __tablename__ = "mark_seen"
    __table_args__ = (key("walkaround_id", "walkaround"), key("mark_id", "damage_mark"), key("photo_id", "stored_file"),
                      sa.UniqueConstraint("walkaround_id", "mark_id"))
    owned_by = "walkaround"
    id: Mapped[int] = mapped_column(primary_key=True)
    walkaround_id: Mapped[int]
    mark_id: Mapped[uuid.UUID]
    state: Mapped[MarkState]
    photo_id: Mapped[uuid.UUID | None]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    walkaround: Mapped[Walkaround] = one("Walkaround.id == foreign(MarkSeen.walkaround_id)", back_populates="seen")
    mark: Mapped[DamageMark] = one("DamageMark.id == foreign(MarkSeen.mark_id)", back_populates="seen")
    photo: Mapped[StoredFile | None] = one("StoredFile.id == foreign(MarkSeen.photo_id)")
    by: Mapped[Person] = one("Person.id == foreign(MarkSeen.by_id)")


def earlier_marks(visit: Visit) -> list[DamageMark]:
    """Marks of the car that earlier visits saw and nobody has cleared: shown grey, to be looked at again."""
    marks = db.session.scalars(
        sa.select(DamageMark).options(selectinload(DamageMark.seen).joinedload(MarkSeen.by))
        .where(DamageMark.vehicle_id == visit.vehicle_id, DamageMark.first_seen_at < visit.arrived_at)
        .order_by(DamageMark.first_seen_at, DamageMark.id)).all()
    return [mark for mark in marks if not mark.repaired]


def sheets_of(mark: DamageMark) -> list[Walkaround]:
    """All signed sheets of the mark's car, also those from before it was seen; oldest first, with their photos."""
    from models.walkaround.sheets import Walkaround, WalkaroundPhoto

    return list(db.session.scalars(
        sa.select(Walkaround).join(Visit, Visit.id == Walkaround.visit_id)
        .options(joinedload(Walkaround.by), joinedload(Walkaround.visit), selectinload(Walkaround.seen),
                 selectinload(Walkaround.photos).joinedload(WalkaroundPhoto.photo))
        .where(Visit.vehicle_id == mark.vehicle_id, Walkaround.store_id == mark.store_id,
               Walkaround.signed_at.is_not(None)).order_by(Walkaround.signed_at)).unique())
