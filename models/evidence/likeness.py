"""A photo that shows the same as an older one: of another car it is in question until a named person has looked.

Of an earlier visit of the same car it is carried over: allowed, told with its date, never new evidence. Within one
visit the same spot may be photographed as often as one likes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column
from sqlalchemy.orm.attributes import set_committed_value

from models.base import Owned, claim, db, hold, keep, key, many, one
from models.consent import RequestLine
from models.evidence.findings import Finding, FindingPhoto
from models.files import Like, StoredFile, Turned, like_it
from models.journey import Visit, record
from models.people import May, Person, not_permitted
from models.stores import Store
from models.words import Blocked, Refused, Say


class LikenessOf(StrEnum):
    """Whose the older photo is."""

    ANOTHER_CAR = auto()
    EARLIER_VISIT = auto()  # of the same car


class Judged(StrEnum):
    """What somebody says who has looked at both."""

    CLEARED = auto()   # a new photo of this car
    RECYCLED = auto()  # the same picture twice


class Standing(StrEnum):
    """What a photo of a finding is worth as evidence of this car, now."""

    COUNTS = auto()
    CARRIED_OVER = auto()
    IN_QUESTION = auto()
    RECYCLED = auto()


class Likeness(Owned):
    """A photo of a finding shows the same picture as the older ``other``: turned how, how much of it, how surely.

    ``part`` and ``agreement`` are percent; ``exact``: the very same file. Written once, never changed. ``shown_by`` put
    the photo into the evidence.
    """

    __tablename__ = "likeness"
    __table_args__ = (
        key("photo_id", "stored_file"), key("other_id", "stored_file"), key("visit_id", "visit"),
        key("other_visit_id", "visit"),
        sa.UniqueConstraint("photo_id"), sa.UniqueConstraint("id", "shown_by_id"),
        sa.CheckConstraint("photo_id <> other_id AND visit_id <> other_visit_id", name="of_two_visits"),
        sa.CheckConstraint("part BETWEEN 0 AND 100 AND agreement BETWEEN 0 AND 100", name="percent"),
        sa.Index("ix_likeness_store_found", "store_id", "found_at"),
        sa.Index("ix_likeness_visit", "visit_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    photo_id: Mapped[uuid.UUID]
    other_id: Mapped[uuid.UUID]
    visit_id: Mapped[uuid.UUID]
    other_visit_id: Mapped[uuid.UUID]
    of: Mapped[LikenessOf]
    turned: Mapped[Turned]
    part: Mapped[int]
    agreement: Mapped[int]
    exact: Mapped[bool]
    other_at: Mapped[datetime]
    shown_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    found_at: Mapped[datetime]
    visit: Mapped[Visit] = one("Visit.id == foreign(Likeness.visit_id)")
    other_visit: Mapped[Visit] = one("Visit.id == foreign(Likeness.other_visit_id)")
    shown_by: Mapped[Person] = one("Person.id == foreign(Likeness.shown_by_id)")
    shown: Mapped[FindingPhoto] = one("FindingPhoto.photo_id == foreign(Likeness.photo_id)", viewonly=True)
    other: Mapped[StoredFile] = one("StoredFile.id == foreign(Likeness.other_id)", viewonly=True)
    judgement: Mapped[LikenessJudgement | None] = one(
        "and_(Likeness.id == foreign(LikenessJudgement.likeness_id), LikenessJudgement.taken_back_at.is_(None))",
        uselist=False, lazy="joined", viewonly=True)
    judgements: Mapped[list[LikenessJudgement]] = many(
        "Likeness.id == foreign(LikenessJudgement.likeness_id)", back_populates="likeness",
        order_by="LikenessJudgement.id")

    @property
    def journey(self) -> Visit:
        return self.visit

    @property
    def standing(self) -> Standing:
        """What the photo is worth."""
        if self.judgement is not None:
            return Standing.COUNTS if self.judgement.answer is Judged.CLEARED else Standing.RECYCLED
        return Standing.IN_QUESTION if self.of is LikenessOf.ANOTHER_CAR else Standing.CARRIED_OVER

    def why_not_judge(self, *, by: Person) -> Iterator[Say]:
        """The sentences that grey the two buttons for this person."""
        if not by.may(May.JUDGE_PHOTOS, self.store_id):
            yield not_permitted(May.JUDGE_PHOTOS)
        if by.id == self.shown_by_id:
            yield Say("You took this photo. Somebody else looks at both.")
        if self.judgement is not None:
            yield JUDGED_ALREADY

    def judge(self, answer: Judged, reason: str, *, by: Person, at: datetime) -> LikenessJudgement:
        """Say what was seen on both pictures, once. What pay has waited for is written now. Raises Blocked, Refused."""
        if why_not := list(self.why_not_judge(by=by)):
            raise Blocked(why_not)
        if not reason.strip():
            raise Refused(reason=Say("Say what you saw on the two pictures."))
        said = keep(LikenessJudgement(store_id=self.store_id, likeness=self, shown_by_id=self.shown_by_id,
                                      answer=answer, reason=reason.strip(), by_id=by.id, at=at))
        db.session.flush()
        set_committed_value(self, "judgement", said)
        words = Say("Photo of “{words}” cleared: {reason}") if answer is Judged.CLEARED else \
            Say("Photo of “{words}” is a recycled one: {reason}")
        record(self.visit, "evidence.judge", Say(words.sentence, words=self.shown.finding.words, reason=reason.strip()),
               by=by, at=at)
        from models.pay import earn  # pay stands on evidence

        for order in self.visit.orders:
            if order.settlement is not None:
                earn(order.settlement, at=at)
        return said


    def why_not_take_back(self, *, by: Person) -> Iterator[Say]:
        """The sentences that grey the button for this person."""
        if not by.may(May.JUDGE_PHOTOS, self.store_id):
            yield not_permitted(May.JUDGE_PHOTOS)
        if by.id == self.shown_by_id:
            yield Say("You took this photo. Somebody else looks at both.")
        if self.judgement is None:
            yield NOT_JUDGED

    @property
    def billed(self) -> set[int]:
        """The lines that this photo is evidence of and that stand on a bill: pay was written with it."""
        from models.delivery import Charge  # which stands on evidence

        of_line = evidence_of_lines()
        return set(db.session.scalars(sa.select(Charge.line_id).join(of_line, of_line.c.line_id == Charge.line_id)
                                      .where(of_line.c.finding_id == self.shown.finding_id)))

    def take_back(self, reason: str, *, by: Person, at: datetime) -> None:
        """What was said of the two pictures was wrong: the photo is in question again. Raises Blocked, Refused.

        Pay that was written with it is reversed in the month of ``at``, and waits for the next judgement.
        """
        hold(self.visit)  # somebody may settle the order in this very moment
        if why_not := list(self.why_not_take_back(by=by)):
            raise Blocked(why_not)
        if not reason.strip():
            raise Refused(why=Say("Say why it is taken back."))
        assert self.judgement is not None
        claim(self.judgement, LikenessJudgement.taken_back_at.is_(None), otherwise=NOT_JUDGED, taken_back_at=at,
              taken_back_by_id=by.id, taken_back_reason=reason.strip())
        set_committed_value(self, "judgement", None)
        record(self.visit, "evidence.unjudge", Say("Photo of “{words}” is in question again: {reason}",
                                                   words=self.shown.finding.words, reason=reason.strip()), by=by, at=at)
        from models.pay.earnings import correct  # pay stands on evidence

        if lines := self.billed:
            for order in self.visit.orders:
                if order.settlement is not None:
                    correct(order.settlement, lines, reason.strip(), at=at)


NOT_JUDGED = Say("Nobody has said what it is, or it was taken back already.")
JUDGED_ALREADY = Say("Somebody has said what it is already.")


class LikenessJudgement(Owned):
    """What a named person saw on the two pictures, and why. Never whoever showed the photo: a CHECK holds it.

    Taken back, by whom and why, it stays on record; one at a time holds.
    """

    __tablename__ = "likeness_judgement"
    __table_args__ = (
        key("likeness_id", "likeness"),
        sa.Index("uq_likeness_judgement_likeness_id", "likeness_id", unique=True,
                 sqlite_where=sa.text("taken_back_at IS NULL"), postgresql_where=sa.text("taken_back_at IS NULL")),
        sa.ForeignKeyConstraint(["likeness_id", "shown_by_id"], ["likeness.id", "likeness.shown_by_id"],
                                name="fk_likeness_judgement_who_showed_it"),
        sa.CheckConstraint("by_id <> shown_by_id", name="never_by_whoever_showed_it"),
        sa.CheckConstraint("length(reason) > 0", name="has_a_reason"),
        sa.CheckConstraint("taken_back_at IS NULL OR (taken_back_by_id IS NOT NULL AND length(taken_back_reason) > 0 "
                           "AND taken_back_by_id <> shown_by_id)", name="taken_back_by_somebody_with_a_reason"),
    )
    owned_by = "likeness"
    id: Mapped[int] = mapped_column(primary_key=True)
    likeness_id: Mapped[int]
    shown_by_id: Mapped[int]
    answer: Mapped[Judged]
    reason: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    taken_back_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    taken_back_reason: Mapped[str | None]
    likeness: Mapped[Likeness] = one("Likeness.id == foreign(LikenessJudgement.likeness_id)",
                                     back_populates="judgements")
    by: Mapped[Person] = one("Person.id == foreign(LikenessJudgement.by_id)")
    taken_back_by: Mapped[Person | None] = one("Person.id == foreign(LikenessJudgement.taken_back_by_id)")


def compare(shown: FindingPhoto, photo: StoredFile, *, by: Person, at: datetime) -> Likeness | None:
    """Look for the picture of a finding among those of other visits; the oldest of them says what it is.

    Two who show one picture at the same moment queue for their store, so that the second one sees the first.
    """
    visit = shown.finding.visit
    db.session.execute(sa.select(Store.id).where(Store.id == visit.store_id).with_for_update(key_share=True))
    likes = like_it(photo)
    if not likes:
        return None
    like = likes[0]
    of = LikenessOf.EARLIER_VISIT if _vehicle(like) == visit.vehicle_id else LikenessOf.ANOTHER_CAR
    found = keep(Likeness(
        store_id=visit.store_id, photo_id=photo.id, other_id=like.photo_id, visit=visit, other_visit_id=like.visit_id,
        of=of, turned=like.turned, part=like.part, agreement=like.agreement, exact=like.exact, other_at=like.made_at,
        shown_by_id=by.id, found_at=at))
    if of is LikenessOf.ANOTHER_CAR:
        record(visit, "evidence.likeness", Say("A photo of “{words}” is like one of another car. It waits for somebody "
                                               "who looks at both.", words=shown.finding.words), by=by, at=at)
    return found


def _vehicle(like: Like) -> int | None:
    return db.session.scalar(sa.select(Visit.vehicle_id).where(Visit.id == like.visit_id))


# --------------------------------------------------------------------------- what counts, as conditions of a select


def _cleared(like: type[Likeness]) -> sa.ColumnElement[bool]:
    said = aliased(LikenessJudgement)
    return sa.exists().where(said.likeness_id == like.id, said.answer == Judged.CLEARED, said.taken_back_at.is_(None))


def counts_as_new(shown: type[FindingPhoto] = FindingPhoto) -> sa.ColumnElement[bool]:
    """The photo is like no other, or was cleared: it is evidence of this car on this visit."""
    like = aliased(Likeness)
    return ~sa.exists().where(like.photo_id == shown.photo_id, ~_cleared(like))


def _stands_alone(shown: type[FindingPhoto]) -> sa.ColumnElement[bool]:
    """No newer photo that counts was taken of the same spot at the same moment of the work."""
    newer = aliased(FindingPhoto)
    return ~sa.exists().where(newer.finding_id == shown.finding_id, newer.moment == shown.moment, newer.id > shown.id,
                              counts_as_new(newer))


def is_open() -> sa.ColumnElement[bool]:
    """Of a Likeness and its FindingPhoto: somebody has to look. Of another car, not judged, not replaced by a new one.
    """
    said = aliased(LikenessJudgement)
    return sa.and_(Likeness.of == LikenessOf.ANOTHER_CAR, _stands_alone(FindingPhoto),
                   ~sa.exists().where(said.likeness_id == Likeness.id, said.taken_back_at.is_(None)))


def in_question(visit_id: uuid.UUID) -> list[Likeness]:
    """The photos of a visit that somebody has to look at, oldest first."""
    return list(db.session.scalars(
        sa.select(Likeness).join(FindingPhoto, FindingPhoto.photo_id == Likeness.photo_id)
        .where(Likeness.visit_id == visit_id, is_open()).order_by(Likeness.id)))


def evidence_of_lines() -> sa.Subquery:
    """(line_id, finding_id): the finding that was put before the customer with a line, or was reported for it."""
    return sa.union(
        sa.select(RequestLine.line_id, RequestLine.finding_id).where(RequestLine.finding_id.is_not(None)),
        sa.select(Finding.line_id, Finding.id.label("finding_id")).where(Finding.line_id.is_not(None))).subquery()


def held_lines(line_ids: Iterable[int]) -> dict[int, Standing]:
    """Of these lines, those whose evidence is disputed: in question, or recycled and not taken anew."""
    shown, of_line = aliased(FindingPhoto), evidence_of_lines()
    rows = db.session.execute(
        sa.select(of_line.c.line_id, LikenessJudgement.id)
        .join(shown, shown.finding_id == of_line.c.finding_id).join(Likeness, Likeness.photo_id == shown.photo_id)
        .outerjoin(LikenessJudgement, sa.and_(LikenessJudgement.likeness_id == Likeness.id,
                                              LikenessJudgement.taken_back_at.is_(None)))
        .where(of_line.c.line_id.in_(list(line_ids)), ~counts_as_new(shown), _stands_alone(shown),
               sa.or_(Likeness.of == LikenessOf.ANOTHER_CAR, LikenessJudgement.id.is_not(None))))
    found: dict[int, Standing] = {}
    for line_id, judged in rows:
        if judged is None:
            found[line_id] = Standing.IN_QUESTION
        else:
            found.setdefault(line_id, Standing.RECYCLED)
    return found
