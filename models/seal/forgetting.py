"""Personal data go, the chain stays whole: the salt and what it hid are deleted, and that is itself sealed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from models.base import db
from models.files import FileKind, StoredFile
from models.people import May, Person
from models.seal.chain import SealedEvent, SealedPersonal, SealKind, seal
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.journey import Visit


def forget(visit: Visit, *, by: Person, at: datetime) -> list[str]:
    """Delete the personal fields under the seals of a visit that is over, and the names in its answers and its sheet.

    Returns the hashes of its signatures and signed papers: their bytes are to be taken off the shelf once this is
    settled. A verification then says "personal data removed". Raises Blocked without the permission, for a visit that
    still runs, and where nothing is left to forget.
    """
    by.must(May.MANAGE, visit.store_id)
    if visit.delivered_at is None and not visit.ended:
        raise Blocked(Say("This visit is not over; its personal data are still needed."))
    # What has no place in the chain yet cannot be named by its number.
    rows = db.session.scalars(
        sa.select(SealedPersonal).join(SealedEvent, SealedEvent.id == SealedPersonal.event_id)
        .where(SealedEvent.visit_id == visit.id, SealedEvent.number.is_not(None), SealedPersonal.salt.is_not(None))
        .options(sa.orm.joinedload(SealedPersonal.event))).all()
    if not rows:
        raise Blocked(Say("There are no personal data under this visit's seals any more."))
    for row in rows:
        row.fields, row.salt, row.forgotten_at = None, None, at
    for request in visit.requests:
        if request.answered_at is not None:
            request.answered_by, request.answer_words, request.salt = "", "", None
    if visit.walkaround is not None:
        visit.walkaround.signed_by, visit.walkaround.valuables = "", ""
    gone = _only_theirs(visit)
    content: dict[str, Any] = {"numbers": sorted(row.event.number or 0 for row in rows), "by_id": by.id,
                               "at": at.isoformat(), "files": gone}
    seal(SealKind.FORGOTTEN, content, store_id=visit.store_id, at=at, visit_id=visit.id)
    return gone


def _only_theirs(visit: Visit) -> list[str]:
    """The hashes of a visit's signatures and papers that no other visit's records speak of."""
    kinds = (FileKind.SIGNATURE, FileKind.DOCUMENT)
    mine = set(db.session.scalars(sa.select(StoredFile.sha256).where(
        StoredFile.visit_id == visit.id, StoredFile.kind.in_(kinds))))
    others = set(db.session.scalars(sa.select(StoredFile.sha256).where(
        StoredFile.sha256.in_(mine), StoredFile.visit_id.is_distinct_from(visit.id)))) if mine else set()
    return sorted(mine - others)
