"""How long what is kept, and what of it is due to go: by the store's day of delivery, never while a complaint is open.

What a law asks to be kept stays for its time; what only the shop needed goes as soon as it needs it no more.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, auto

import sqlalchemy as sa

from models.base import db
from models.evidence import Finding, FindingPhoto, Moment
from models.files import FileKind, Purpose, StoredFile
from models.followup import Call, CallAttempt, Complaint
from models.journey import Visit
from models.seal.chain import Part, SealedEvent, SealedPersonal
from models.stores import Store
from models.walkaround import Walkaround
from models.words import Say


class Held(StrEnum):
    """What is held of a visit, by how long it is kept."""

    INTERIOR = auto()
    CALLS = auto()
    PHOTOS = auto()
    RECORDS = auto()


@dataclass(frozen=True)
class Rule:
    """How long after the visit (of records: after its settlement) something is kept, and why so long."""

    what: Say
    why: Say
    days: int = 0
    years: int = 0


RULES: dict[Held, Rule] = {
    Held.INTERIOR: Rule(Say("List of valuables, photos of the interior"),
                        Say("30 days after delivery, in case something is missed"), days=30),
    Held.CALLS: Rule(Say("Notes of calls"), Say("two years after delivery"), years=2),
    Held.PHOTOS: Rule(Say("Photos beyond the decisive pair of each finding"), Say("two years after delivery"), years=2),
    Held.RECORDS: Rule(Say("Order, decisions, signatures, papers, settlement list"),
                       Say("six years after settlement, as the rules on repair records ask"), years=6),
}
RUNNING = Say("This visit is not over; its personal data are still needed.")
DISPUTED = Say("A complaint about this visit is open; everything is kept until it is closed.")


def ends(visit: Visit, held: Held) -> datetime | None:
    """Until when something of a visit is kept; None while it runs."""
    over = visit.delivered_at or visit.ended_at
    if over is None:
        return None
    rule = RULES[held]
    begins = (visit.settled_at or over) if held is Held.RECORDS else over
    return _years_on(begins, rule.years) + timedelta(days=rule.days)


def _years_on(at: datetime, years: int) -> datetime:
    try:
        return at.replace(year=at.year + years)
    except ValueError:  # the 29th of February
        return at.replace(year=at.year + years, day=28)


def why_kept(visit: Visit, held: Held, *, at: datetime) -> Say | None:
    """Why something of a visit cannot go yet, with the day until which it is kept; None when it may."""
    until = ends(visit, held)
    if until is None:
        return RUNNING
    if any(complaint.closed_at is None for complaint in visit.complaints):
        return DISPUTED
    if at < until:
        store = db.session.get_one(Store, visit.store_id)
        return Say("{what}: kept until {day} ({why}).", what=RULES[held].what, day=store.day(until),
                   why=RULES[held].why)
    return None


def decisive() -> sa.ColumnElement[bool]:
    """Of a photo: the first before and the last after the work, of one finding. They stay with the records."""
    first = sa.select(sa.func.min(FindingPhoto.id)).where(FindingPhoto.moment == Moment.BEFORE).group_by(
        FindingPhoto.finding_id)
    last = sa.select(sa.func.max(FindingPhoto.id)).where(FindingPhoto.moment == Moment.AFTER).group_by(
        FindingPhoto.finding_id)
    return StoredFile.id.in_(sa.select(FindingPhoto.photo_id).join(Finding, Finding.id == FindingPhoto.finding_id)
                             .where(sa.or_(FindingPhoto.id.in_(first), FindingPhoto.id.in_(last))))


def files_of(visit_id: uuid.UUID, held: Held) -> sa.Select[StoredFile]:
    """The files of a visit that go with something; none for what is only words."""
    pictures = StoredFile.kind.not_in((FileKind.SIGNATURE, FileKind.DOCUMENT))
    which = {
        Held.INTERIOR: sa.and_(pictures, StoredFile.purpose == Purpose.INTERIOR),
        Held.CALLS: sa.false(),
        Held.PHOTOS: sa.and_(pictures, ~decisive()),
        Held.RECORDS: sa.true(),
    }[held]
    return sa.select(StoredFile).where(StoredFile.visit_id == visit_id, StoredFile.removed_at.is_(None), which)


def _there(held: Held) -> sa.ColumnElement[bool]:
    """Of a visit: whether there is anything of it left to remove."""
    pictures = sa.and_(StoredFile.visit_id == Visit.id, StoredFile.removed_at.is_(None),
                       StoredFile.kind.not_in((FileKind.SIGNATURE, FileKind.DOCUMENT)))
    sealed = sa.select(SealedPersonal.id).join(SealedEvent, SealedEvent.id == SealedPersonal.event_id).where(
        SealedEvent.visit_id == Visit.id, SealedEvent.number.is_not(None), SealedPersonal.salt.is_not(None))
    match held:
        case Held.INTERIOR:
            return sa.or_(
                sealed.where(SealedPersonal.part == Part.BRIEF).exists(),
                sa.select(Walkaround.id).where(Walkaround.visit_id == Visit.id, Walkaround.valuables != "").exists(),
                sa.select(StoredFile.id).where(pictures, StoredFile.purpose == Purpose.INTERIOR).exists())
        case Held.CALLS:
            return sa.select(CallAttempt.id).join(Call, Call.id == CallAttempt.call_id).where(
                Call.visit_id == Visit.id, CallAttempt.note != "").exists()
        case Held.PHOTOS:
            return sa.select(StoredFile.id).where(pictures, ~decisive()).exists()
        case Held.RECORDS:
            return sa.or_(sealed.exists(), sa.select(StoredFile.id).where(
                StoredFile.visit_id == Visit.id, StoredFile.removed_at.is_(None)).exists())


def there_of(visit_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Held]]:
    """What is still held of each of these visits. One question."""
    columns = [_there(held).label(held.value) for held in Held]
    rows = db.session.execute(sa.select(Visit.id, *columns).where(Visit.id.in_(visit_ids)))
    return {row.id: [held for held in Held if getattr(row, held.value)] for row in rows}


def due(at: datetime, *, store_id: int | None = None) -> Iterator[tuple[Visit, Held]]:
    """What has been kept for its time, the longest over first; one question for each kind."""
    over = sa.func.coalesce(Visit.delivered_at, Visit.ended_at)
    disputed = sa.select(Complaint.id).where(Complaint.visit_id == Visit.id, Complaint.closed_at.is_(None)).exists()
    for held, rule in RULES.items():
        since = sa.func.coalesce(Visit.settled_at, over) if held is Held.RECORDS else over
        latest = _years_on(at, -rule.years) - timedelta(days=rule.days)
        wanted = sa.select(Visit).where(over.is_not(None), since <= latest, ~disputed, _there(held)).order_by(since)
        if store_id is not None:
            wanted = wanted.where(Visit.store_id == store_id)
        for visit in db.session.scalars(wanted).all():
            if why_kept(visit, held, at=at) is None:
                yield visit, held
