"""The sheet of one visit: what was read, seen and agreed at the car, and both signatures under it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, many, one
from models.journey import Stage, Visit, act
from models.people import May, Person
from models.seal import SealKind, contents, seal
from models.seal.papers import want
from models.vehicles import Body
from models.walkaround.marks import DamageMark, MarkKind, MarkSeen, MarkSize, MarkState
from models.walkaround.wishes import CarPaper, FreeInspection, Lamp, OldPartsWish, Wheel
from models.words import Blocked, Refused, Say

if TYPE_CHECKING:
    from models.files import StoredFile

LONGEST_WALK = timedelta(hours=4)  # nobody walks longer around a car; beyond it a tablet's clock has jumped
OF_ANOTHER_CAR = Say("A mark on this sheet belongs to another car.")


@dataclass(frozen=True, kw_only=True)
class NewMark:
    """Damage as it was tapped: per mille of the outline, or only its place."""

    place: str
    kind: MarkKind
    size: MarkSize | None = None
    note: str = ""
    x: int | None = None
    y: int | None = None
    photo: StoredFile | None = None
    id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A whole walk-around as it was filled in. Fuel in percent, tread in tenths of a millimetre, ``took`` how long."""

    odometer_km: int
    fuel_percent: int
    signed_by: str
    body: Body | None = None
    lamps: Sequence[Lamp] = ()
    warning_lamps: str = ""
    tread: Mapping[Wheel, int] = field(default_factory=dict)
    valuables: str = ""
    keys_taken: int | None = None
    papers: Sequence[CarPaper] = ()
    wash_wanted: bool = True
    waits_on_site: bool = True
    old_parts: OldPartsWish = OldPartsWish.LEAVE
    road_test: bool = False
    inspections: Sequence[FreeInspection] = ()
    note: str = ""
    marks: Sequence[NewMark] = ()
    looks: Mapping[uuid.UUID, MarkState] = field(default_factory=dict)
    look_photos: Mapping[uuid.UUID, StoredFile] = field(default_factory=dict)
    photos: Sequence[tuple[str, StoredFile]] = ()
    signature: StoredFile | None = None
    advisor_signature: StoredFile | None = None
    on_paper: bool = False
    sure: bool = False
    took: timedelta = timedelta()


class Walkaround(Owned):
    """The sheet of one visit. It counts only with its signature; fuel in percent, odometer in km, tread in 0.1 mm.

    ``started_at`` and ``signed_at`` are when it happened; ``received_at`` is later where a tablet had no network.
    """

    __tablename__ = "walkaround"
    __table_args__ = (
        key("visit_id", "visit"),
        key("signature_id", "stored_file"),
        key("advisor_signature_id", "stored_file"),
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
    body: Mapped[Body | None]
    lamps: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
    warning_lamps: Mapped[str] = mapped_column(default="")  # others than those of the pictures, in words
    tread: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict, server_default="{}")
    valuables: Mapped[str] = mapped_column(default="")
    keys_taken: Mapped[int | None]
    papers: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
    wash_wanted: Mapped[bool] = mapped_column(default=True)
    waits_on_site: Mapped[bool] = mapped_column(default=True)
    old_parts: Mapped[OldPartsWish] = mapped_column(default=OldPartsWish.LEAVE)
    road_test: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    inspections: Mapped[list[str]] = mapped_column(sa.JSON, default=list, server_default="[]")
    free_inspections: Mapped[str] = mapped_column(default="")  # others, in words
    note: Mapped[str] = mapped_column(default="")
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None]
    signature_id: Mapped[uuid.UUID | None]
    advisor_signature_id: Mapped[uuid.UUID | None]
    on_paper: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    received_at: Mapped[datetime | None]
    visit: Mapped[Visit] = one("Visit.id == foreign(Walkaround.visit_id)", back_populates="walkaround")
    by: Mapped[Person] = one("Person.id == foreign(Walkaround.by_id)")
    seen: Mapped[list[MarkSeen]] = many("Walkaround.id == foreign(MarkSeen.walkaround_id)",
                                        back_populates="walkaround", order_by="MarkSeen.id")
    photos: Mapped[list[WalkaroundPhoto]] = many("Walkaround.id == foreign(WalkaroundPhoto.walkaround_id)",
                                                 back_populates="walkaround", order_by="WalkaroundPhoto.id")

    @property
    def journey(self) -> Visit:
        return self.visit

    @property
    def lamps_on(self) -> list[Lamp]:
        return [Lamp(lamp) for lamp in self.lamps]

    @property
    def allowed(self) -> list[FreeInspection]:
        return [FreeInspection(one) for one in self.inspections]

    @property
    def papers_taken(self) -> list[CarPaper]:
        return [CarPaper(one) for one in self.papers]

    @property
    def treads(self) -> list[tuple[Wheel, int]]:
        """The depths that were measured, clockwise, in tenths of a millimetre."""
        return [(wheel, self.tread[wheel.value]) for wheel in Wheel if wheel.value in self.tread]

    @property
    def late(self) -> bool:
        """Filled in without a network: it reached the server more than a minute after it was signed."""
        return bool(self.signed_at and self.received_at and self.received_at - self.signed_at > timedelta(minutes=1))

    # --- the whole sheet at once

    @classmethod
    def take_in(cls, visit: Visit, sheet: Sheet, *, by: Person, at: datetime,
                received_at: datetime | None = None) -> Walkaround:
        """Everything that was filled in at the car, signed at ``at``; ``received_at`` if it came to us later.

        A sheet that was begun goes on. Raises Refused (signature, signed_by) for an unsigned one, Blocked for doubts
        about the odometer that nobody is sure of, and for a sheet that has been signed already.
        """
        if not sheet.signed_by.strip():
            raise Refused(signed_by=Say("Who signs? Type the name of the person at the car."))
        if sheet.signature is None and not sheet.on_paper:
            raise Refused(signature=Say("The customer has not signed. Sign here, or on the printed sheet."))
        began = max(at - min(max(sheet.took, timedelta()), LONGEST_WALK), visit.arrived_at or at)
        walk = cls.begin(visit, by=by, at=min(began, at))
        db.session.flush()
        walk.note_readings(
            odometer_km=sheet.odometer_km, fuel_percent=sheet.fuel_percent, by=by, at=at,
            warning_lamps=sheet.warning_lamps, valuables=sheet.valuables, wash_wanted=sheet.wash_wanted,
            waits_on_site=sheet.waits_on_site, old_parts=sheet.old_parts, note=sheet.note, sure=sheet.sure,
            free_inspections=walk.free_inspections)
        walk._agree(sheet)
        for photo in sheet.photos:
            if all(known.photo_id != photo[1].id for known in walk.photos):
                walk.add_photo(photo[1], photo[0], by=by, at=at)
        for given in sheet.marks:
            walk._take_mark(given, by=by, at=at)
        for id_, state in sheet.looks.items():
            walk._look(id_, state, sheet.look_photos.get(id_), by=by, at=at)
        walk.received_at = received_at or at
        db.session.flush()
        walk.sign(signed_by=sheet.signed_by, signature=sheet.signature, advisor_signature=sheet.advisor_signature,
                  on_paper=sheet.on_paper, by=by, at=at)
        return walk

    def _agree(self, sheet: Sheet) -> None:
        self.lamps, self.papers = [lamp.value for lamp in sheet.lamps], [paper.value for paper in sheet.papers]
        self.tread = {wheel.value: depth for wheel, depth in sheet.tread.items()}
        self.keys_taken, self.road_test = sheet.keys_taken, sheet.road_test
        self.inspections = [one.value for one in sheet.inspections]
        if sheet.body is not None:
            self.body = self.visit.vehicle.body = sheet.body

    def _take_mark(self, given: NewMark, *, by: Person, at: datetime) -> None:
        known = db.session.get(DamageMark, given.id) if given.id else None
        if known is not None:
            if known.vehicle_id != self.visit.vehicle_id:
                raise Blocked(OF_ANOTHER_CAR)
            return
        self.mark(given.place, given.kind, size=given.size, note=given.note, photo=given.photo, x=given.x, y=given.y,
                  id=given.id, by=by, at=at)

    def _look(self, id_: uuid.UUID, state: MarkState, photo: StoredFile | None, *, by: Person, at: datetime) -> None:
        mark = db.session.get(DamageMark, id_)
        if mark is None or mark.vehicle_id != self.visit.vehicle_id:
            raise Blocked(OF_ANOTHER_CAR)
        here = next((seen for seen in self.seen if seen.mark_id == id_), None)
        if here is None:
            self.look_again(mark, state, by=by, at=at, photo=photo)
        elif state is MarkState.REPAIRED and here.state is MarkState.NEW:  # noted on this very sheet: a slip
            self.unmark(mark, by=by, at=at)

    # --- its parts

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
             size: MarkSize | None = None, photo: StoredFile | None = None, x: int | None = None, y: int | None = None,
             id: uuid.UUID | None = None) -> DamageMark:  # noqa: A002
        """A new mark on the car. ``x`` and ``y`` are per mille of the outline of the sheet's body."""
        vehicle = self.visit.vehicle
        found = DamageMark(store_id=self.visit.store_id, vehicle=vehicle, place=place, kind=kind, size=size, note=note,
                           body=(self.body or vehicle.body) if x is not None else None, x=x, y=y, photo=photo,
                           first_seen_at=at)
        if id is not None:
            found.id = id
        keep(found)
        keep(MarkSeen(walkaround=self, mark=found, state=MarkState.NEW, photo=photo, by_id=by.id, at=at))
        return found

    @act(May.RECEIVE, frm=(Stage.WALKAROUND,), guard=_signed, says="Earlier damage looked at again")
    def look_again(self, mark: DamageMark, state: MarkState, *, by: Person, at: datetime,
                   photo: StoredFile | None = None) -> MarkSeen:
        """A mark of an earlier visit is still there, or has been repaired."""
        return keep(MarkSeen(walkaround=self, mark=mark, state=state, photo=photo, by_id=by.id, at=at))

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
    def sign(self, *, signed_by: str, by: Person, at: datetime, signature: StoredFile | None = None,
             advisor_signature: StoredFile | None = None, on_paper: bool = False) -> None:
        """The customer's signature closes the sheet; the reading becomes the car's last known one."""
        if not signed_by.strip():
            raise Blocked(Say("Who signs? Type the name of the person at the car."))
        self.signed_at, self.signed_by, self.on_paper = at, signed_by, on_paper
        self.signature_id = signature.id if signature else None
        self.advisor_signature_id = advisor_signature.id if advisor_signature else None
        assert self.odometer_km is not None
        self.visit.vehicle.read_odometer(self.odometer_km, visit_id=self.visit.id, by=by, at=at)
        db.session.flush()
        content, personal = contents.walkaround(self, signature, advisor_signature)
        sealed = seal(SealKind.WALKAROUND, content, store_id=self.store_id, at=at, visit_id=self.visit_id,
                      personal=personal)
        want(sealed, None, "zh", at=at)
        self.visit.walked(by=by, at=at)

    # --- what is new

    @property
    def new_marks(self) -> list[MarkSeen]:
        """Damage that no visit before this one saw."""
        return [seen for seen in self.seen if seen.state is MarkState.NEW]


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


def last_signed(visit: Visit) -> Walkaround | None:
    """The sheet of the stay before this one: what is not on it is new since then."""
    return db.session.scalars(
        sa.select(Walkaround).join(Visit, Visit.id == Walkaround.visit_id)
        .where(Visit.vehicle_id == visit.vehicle_id, Walkaround.store_id == visit.store_id, Visit.id != visit.id,
               Walkaround.signed_at < (visit.arrived_at or sa.func.now()))
        .order_by(Walkaround.signed_at.desc()).limit(1)).one_or_none()
