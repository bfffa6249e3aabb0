"""Personal data go, the chain stays whole: the salt and what it hid are deleted, and that is itself sealed.

Only what has been kept for its time goes (retention.py): by itself each night, or earlier nothing. A customer who asks
for it (customers.py) gets the same, and what no law asks to be kept at once.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.cancelling import Cancellation
from models.consent import Objection, OfferWish, PhoneCall, Request
from models.files import PhotoPrint, StoredFile
from models.followup import Call, CallAttempt, Complaint, ComplaintStep
from models.journey import Event, Visit
from models.notices import Notice, Sending
from models.orders import Concern
from models.people import Person
from models.seal.chain import Part, SealedEvent, SealedPersonal, SealKind, seal
from models.seal.retention import Held, files_of, why_kept
from models.sync.items import OPEN, InboxItem
from models.walkaround import Walkaround
from models.words import Blocked, Say

NOTHING_LEFT = Say("There are no personal data under this visit's seals any more.")
FACTS = frozenset({"words", "name", "phone", "plate", "to", "note", "reason", "address"})  # of people, in a sentence


@dataclass
class Gone:
    """What was removed: records by their number in the chain, files by their hash."""

    numbers: list[int] = field(default_factory=list)
    brief: list[int] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def forget(visit: Visit, held: Held, *, by: Person | None, at: datetime) -> list[str]:
    """Remove something of a visit that has been kept for its time, and seal that it was; ``by`` None: by the rule.

    Returns the hashes whose bytes nobody else needs: they are to be taken off the shelf once this is settled. A
    verification then says "removed". Raises Blocked while it is kept, and where nothing of it is left.
    """
    why = why_kept(visit, held, at=at)
    if why is not None:
        raise Blocked(why)
    gone = Gone()
    _sealed(visit, Part.BRIEF, gone.brief, at) if held in (Held.INTERIOR, Held.RECORDS) else None
    _sealed(visit, Part.PERSONAL, gone.numbers, at) if held is Held.RECORDS else None
    gone.files = take_off(db.session.scalars(files_of(visit.id, held)).all(), at=at)
    if held is Held.INTERIOR:
        gone.files += take_off(_sheets(visit), at=at)
    words = _words(visit, held)
    if not (gone.numbers or gone.brief or gone.files or words):
        raise Blocked(NOTHING_LEFT)
    content: dict[str, Any] = {"what": held.value, "numbers": gone.numbers, "briefs": gone.brief, "files": gone.files,
                               "by_id": by.id if by else None, "at": at.isoformat()}
    seal(SealKind.FORGOTTEN, content, store_id=visit.store_id, at=at, visit_id=visit.id)
    return gone.files


def _sealed(visit: Visit, part: Part, numbers: list[int], at: datetime) -> None:
    """Empty one part under every seal of a visit. What has no place in the chain yet cannot be named by its number."""
    rows = db.session.scalars(
        sa.select(SealedPersonal).join(SealedEvent, SealedEvent.id == SealedPersonal.event_id)
        .where(SealedEvent.visit_id == visit.id, SealedEvent.number.is_not(None), SealedPersonal.salt.is_not(None),
               SealedPersonal.part == part).options(sa.orm.joinedload(SealedPersonal.event))).all()
    for row in rows:
        row.fields, row.salt, row.forgotten_at = None, None, at
        numbers.append(row.event.number or 0)
    numbers.sort()


def _sheets(visit: Visit) -> list[StoredFile]:
    """The printed walk-around sheets: they name the valuables; without these they are printed anew when asked for."""
    from models.seal.papers import Paper

    return list(db.session.scalars(
        sa.select(StoredFile).join(Paper, Paper.file_id == StoredFile.id)
        .join(SealedEvent, SealedEvent.id == Paper.event_id)
        .where(SealedEvent.visit_id == visit.id, SealedEvent.kind == SealKind.WALKAROUND.value,
               StoredFile.removed_at.is_(None))))


def take_off(files: Iterable[StoredFile], *, at: datetime) -> list[str]:
    """These files are removed: the hashes, small pictures too, that no other record needs."""
    mine = list(files)
    for file in mine:
        file.removed_at = at
    db.session.flush()
    ids = [file.id for file in mine]
    db.session.execute(sa.delete(PhotoPrint).where(PhotoPrint.photo_id.in_(ids)))
    hashes = {sha256 for file in mine for sha256 in _hashes(file)}
    needed = {sha256 for file in db.session.scalars(sa.select(StoredFile).where(
        StoredFile.removed_at.is_(None), sa.or_(*(column.in_(hashes) for column in HASHES))))
        for sha256 in _hashes(file)} if hashes else set()
    return sorted(hashes - needed)


HASHES = (StoredFile.sha256, StoredFile.thumb_sha256)


def _hashes(file: StoredFile) -> list[str]:
    return [sha256 for sha256 in (file.sha256, file.thumb_sha256) if sha256]


def _words(visit: Visit, held: Held) -> bool:
    """Empty the living words that go with it; whether there were any."""
    mine: dict[Held, list[tuple[Any, dict[str, Any]]]] = {
        Held.INTERIOR: [(_of(Walkaround, visit), {"valuables": ""})],
        Held.CALLS: [(sa.update(CallAttempt).where(CallAttempt.call_id.in_(
            sa.select(Call.id).where(Call.visit_id == visit.id)), CallAttempt.note != ""), {"note": ""})],
        Held.PHOTOS: [],
        Held.RECORDS: [
            (_of(Request, visit).where(Request.answered_at.is_not(None)),
             {"answered_by": "", "answer_words": "", "salt": None}),
            (_of(Walkaround, visit).where(Walkaround.signed_at.is_not(None)), {"signed_by": "", "valuables": ""}),
            (sa.update(PhoneCall).where(PhoneCall.request_id.in_(
                sa.select(Request.id).where(Request.visit_id == visit.id))), {"number": ""}),
            (sa.update(Objection).where(Objection.request_id.in_(
                sa.select(Request.id).where(Request.visit_id == visit.id))),
             {"said_by": "", "words": "", "found": sa.case((Objection.found.is_(None), None), else_="")}),
            (_of(Cancellation, visit), {"said_by": "", "words": ""}),
            (_of(OfferWish, visit), {"said_by": ""}),
            (_of(Concern, visit), {"words": "", "answer": sa.case((Concern.answer.is_(None), None), else_="")}),
            (_of(Complaint, visit), {"words": ""}),
            (sa.update(ComplaintStep).where(ComplaintStep.complaint_id.in_(
                sa.select(Complaint.id).where(Complaint.visit_id == visit.id))), {"words": ""}),
            (sa.update(Sending).where(Sending.notice_id.in_(
                sa.select(Notice.id).where(Notice.visit_id == visit.id))), {"address": ""}),
        ],
    }
    changed = 0
    for statement, values in mine[held]:
        changed += db.session.execute(statement.values(**values)).rowcount  # type: ignore[attr-defined]
    if held is Held.RECORDS:
        for told in (*_rows(Event, visit), *_rows(Notice, visit)):
            told.says = {name: "–" if name in FACTS else fact for name, fact in told.says.items()}
    if held in (Held.INTERIOR, Held.RECORDS):  # what a tablet sent holds the same words
        db.session.execute(_of(InboxItem, visit).where(sa.or_(
            InboxItem.state.not_in(OPEN), InboxItem.resolved_at.is_not(None))).values(body=b""))
    return held is Held.CALLS and changed > 0


def _of(model: Any, visit: Visit) -> Any:
    return sa.update(model).where(model.visit_id == visit.id)


def _rows(model: Any, visit: Visit) -> Iterable[Any]:
    return db.session.scalars(sa.select(model).where(model.visit_id == visit.id)).all()


def removals_of(visit_id: uuid.UUID) -> list[SealedEvent]:
    """What was removed of a visit, on record, the earliest first."""
    return list(db.session.scalars(sa.select(SealedEvent).where(
        SealedEvent.visit_id == visit_id, SealedEvent.kind == SealKind.FORGOTTEN.value,
        SealedEvent.number.is_not(None)).order_by(SealedEvent.number)))
