"""Evidence: what the technician found at a spot of the car, with photo and reading."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from models.base import Owned, db, keep, key, many, new_id, one
from models.journey import Stage, Visit, record
from models.orders import Line
from models.people import May, Person
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.evidence.likeness import Likeness
    from models.files import StoredFile


AT_THE_BAY = (Stage.DISPATCH, Stage.EVIDENCE, Stage.PARTS, Stage.QUALITY)


class FindingGrade(StrEnum):
    """How pressing a finding is. “Fine” is as good a finding as any."""

    SAFETY = auto()
    SOON = auto()
    WATCH = auto()
    FINE = auto()


class Moment(StrEnum):
    """Whether a photo shows the spot before or after the work."""

    BEFORE = auto()
    AFTER = auto()


class Finding(Owned):
    """Something seen or measured at the car: words, grade, and a reading with its limit and source.

    ``point`` is what was looked at: the code of a line, or a point of the store's list in its words. Graded fine it
    says “checked, not needed”.
    """

    __tablename__ = "finding"
    __table_args__ = (
        key("visit_id", "visit"), key("line_id", "line"),
        sa.Index("ix_finding_by_point", "store_id", "by_id", "point"),
        sa.Index("ix_finding_store_at", "store_id", "at"),
        sa.CheckConstraint("reading IS NULL OR unit IS NOT NULL", name="reading_has_unit"),
    )
    owned_by = "visit"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    line_id: Mapped[int | None] = mapped_column(index=True)
    point: Mapped[str | None]
    words: Mapped[str]
    grade: Mapped[FindingGrade]
    reading: Mapped[str | None]
    unit: Mapped[str | None]
    limit: Mapped[str | None]
    source: Mapped[str | None]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    visit: Mapped[Visit] = one("Visit.id == foreign(Finding.visit_id)")
    line: Mapped[Line | None] = one("Line.id == foreign(Finding.line_id)")
    by: Mapped[Person] = one("Person.id == foreign(Finding.by_id)")
    photos: Mapped[list[FindingPhoto]] = many("Finding.id == foreign(FindingPhoto.finding_id)",
                                              back_populates="finding", order_by="FindingPhoto.id")

    @property
    def journey(self) -> Visit:
        return self.visit

    @property
    def to_show(self) -> list[FindingPhoto]:
        """The photos the customer sees: none that may be of another car."""
        return [shown for shown in self.photos if not shown.in_dispute]

    @property
    def withheld(self) -> bool:
        """A photo is not shown to the customer, and none was taken instead."""
        return any(shown.in_dispute and not self.taken_anew(shown) for shown in self.photos)

    def taken_anew(self, shown: FindingPhoto) -> bool:
        """A newer photo of this spot, at the same moment of the work, stands in its place."""
        return any(other.is_new and other.moment is shown.moment and other.id > shown.id for other in self.photos)

    @property
    def not_needed(self) -> bool:
        """Somebody looked, and nothing has to be done."""
        return self.grade is FindingGrade.FINE

    @property
    def pair(self) -> tuple[FindingPhoto, FindingPhoto] | None:
        """Before and after of the same spot, for one frame; none while one of them lacks or may be of another car."""
        still = [shown for shown in self.photos if shown.is_new and not shown.photo.moves]
        before = next((shown for shown in still if shown.moment is Moment.BEFORE), None)
        after = next((shown for shown in reversed(still) if shown.moment is Moment.AFTER), None)
        return (before, after) if before and after else None

    @property
    def beside_the_pair(self) -> list[FindingPhoto]:
        """What the customer sees besides the pair: films, further photos, those of an earlier visit."""
        return [shown for shown in self.to_show if shown not in (self.pair or ())]

    @classmethod
    def report(cls, visit: Visit, words: str, grade: FindingGrade, *, by: Person, at: datetime,
               line: Line | None = None, point: str | None = None, reading: str | None = None, unit: str | None = None,
               limit: str | None = None, source: str | None = None, photos: Iterable[StoredFile] = (),
               item: uuid.UUID | None = None, late: bool = False) -> Finding:
        """Write down a finding. ``item`` is the id a tablet without network gave it. Readings are decimal text.

        ``late``: it was made at the bay and came only when the car, or the post of its author, was no longer what it
        was; somebody in charge has decided that it counts.
        """
        if not late:
            by.must(May.SHOW_EVIDENCE, visit.store_id)
        been = list(Stage).index(visit.stage) >= list(Stage).index(Stage.DISPATCH)
        if not (late and been) and (visit.ended or visit.stage not in AT_THE_BAY):
            raise Blocked(Say("Findings belong to a car at the bay."))
        if not words.strip():
            raise Blocked(Say("Say what you found."))
        if line is not None and line.order.visit_id != visit.id:
            raise Blocked(Say("This line belongs to another visit."))
        finding = keep(cls(id=item or new_id(), store_id=visit.store_id, visit=visit, line=line, point=point,
                           words=words.strip(), grade=grade, reading=reading, unit=unit, limit=limit, source=source,
                           by_id=by.id, at=at))
        for photo in photos:
            finding.show(photo, Moment.BEFORE)
        told = Say("Checked, not needed: {words}") if grade is FindingGrade.FINE else Say("Found: {words}")
        record(visit, "evidence.report", Say(told.sentence, words=words.strip()), by=by, at=at)
        return finding

    def why_not_take_back(self, *, by: Person) -> Iterator[Say]:
        """Only what was one tap, and nobody has used, is taken back by whoever tapped."""
        if not self.not_needed or self.photos or self.reading:
            yield Say("Only “checked, not needed” without photo and reading is taken back. Write a new finding.")
        if by.id != self.by_id:
            yield Say("{person} has noted this.", person=self.by.name)
        if self.visit.ended or self.visit.stage not in AT_THE_BAY:
            yield Say("Findings belong to a car at the bay.")

    def take_back(self, *, by: Person, at: datetime) -> None:
        """It was tapped by mistake: it goes, and the history says so."""
        if why_not := list(self.why_not_take_back(by=by)):
            raise Blocked(why_not)
        record(self.visit, "evidence.take_back", Say("Taken back: checked, not needed: {words}", words=self.words),
               by=by, at=at)
        db.session.delete(self)
        db.session.flush()

    def show(self, photo: StoredFile, moment: Moment, *, by: Person | None = None,
             at: datetime | None = None) -> FindingPhoto:
        """Add a photo of this car, ``by`` whoever found it unless told. One that was made for another visit is refused;
        one that shows the same picture as another visit's is marked (``likeness``)."""
        if photo.visit_id is not None and photo.visit_id != self.visit.id:
            raise Blocked(Say("This photo belongs to another visit. Take one of this car."))
        shown = keep(FindingPhoto(finding=self, photo=photo, moment=moment))
        db.session.flush()
        from models.evidence.likeness import compare  # which stands on findings

        set_committed_value(shown, "likeness", compare(shown, photo, by=by or self.by, at=at or self.at))
        return shown


class FindingPhoto(Owned):
    """A photo or a short film of a finding, before or after the work.

    ``marks`` are arrows, circles and lines drawn over it (models/evidence/drawings.py); the photo stays as it is.
    """

    __tablename__ = "finding_photo"
    __table_args__ = (key("finding_id", "finding"), key("photo_id", "stored_file"),
                      # One photo proves one finding: it cannot be recycled.
                      sa.UniqueConstraint("photo_id"))
    owned_by = "finding"
    id: Mapped[int] = mapped_column(primary_key=True)
    finding_id: Mapped[uuid.UUID] = mapped_column(index=True)
    photo_id: Mapped[uuid.UUID]
    moment: Mapped[Moment]
    marks: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list, server_default="[]")
    finding: Mapped[Finding] = one("Finding.id == foreign(FindingPhoto.finding_id)", back_populates="photos")
    photo: Mapped[StoredFile] = one("StoredFile.id == foreign(FindingPhoto.photo_id)")
    likeness: Mapped[Likeness | None] = one("FindingPhoto.photo_id == foreign(Likeness.photo_id)", uselist=False,
                                            lazy="joined", viewonly=True)

    @property
    def is_new(self) -> bool:
        """It is evidence of this car on this visit."""
        return self.likeness is None or self.likeness.standing == "counts"

    @property
    def in_dispute(self) -> bool:
        """It may not be of this car: the customer does not see it as evidence, and it counts for nothing."""
        return self.likeness is not None and self.likeness.standing in ("in_question", "recycled")
