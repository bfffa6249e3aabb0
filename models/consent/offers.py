"""No more offers today: the customer says it once, and is asked about nothing more until they take it back themselves.

What concerns safety may still be told, as a fact: without a price, without a question (``tell_safety``).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db, hold, keep, key, one
from models.consent.kinds import Channel
from models.journey import Stage, Visit, record
from models.notices import Notice, tell
from models.people import May, Person, not_permitted
from models.seal import SealKind, contents, seal
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.evidence import Finding
    from models.files import StoredFile

NO_MORE = Say("The customer wants no more offers today. Only they can lift this.")
TOLD = "consent.tell_safety"


class OfferWish(Owned):
    """The customer's word on being offered more on this visit: no, or again yes. Appended; the last one counts.

    ``staff_id`` is who held the tablet, None on the customer's own page.
    """

    __tablename__ = "offer_wish"
    __table_args__ = (
        key("visit_id", "visit"), key("signature_id", "stored_file"),
        # At the store's tablet only the customer's own hand lifts it.
        sa.CheckConstraint("NOT wanted OR staff_id IS NULL OR signature_id IS NOT NULL", name="lifted_by_the_customer"),
    )
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    wanted: Mapped[bool]
    said_by: Mapped[str]
    channel: Mapped[Channel]
    staff_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    signature_id: Mapped[uuid.UUID | None]
    at: Mapped[datetime]
    visit: Mapped[Visit] = one("Visit.id == foreign(OfferWish.visit_id)")
    staff: Mapped[Person | None] = one("Person.id == foreign(OfferWish.staff_id)")


def no_more_offers(visit: Visit, *, by: Person | None, at: datetime, said_by: str = "",
                   channel: Channel | None = None) -> OfferWish | None:
    """The customer wants no more offers on this visit: one tap, on the tablet or (``by`` None) on their own page.

    Open requests stay: they were sent before, and may be struck or left. None when it stood so already.
    """
    _may(visit, by)
    if visit.no_more_offers_at is not None:
        return None
    claim(visit, Visit.ended.is_(None), otherwise=Say("This visit has ended; nothing can be changed in it."),
          no_more_offers_at=sa.func.coalesce(Visit.no_more_offers_at,
                                             sa.literal(at, type_=Visit.no_more_offers_at.type)))
    record(visit, "consent.no_more_offers", Say("The customer wants no more offers today"), by=by, at=at)
    return _wish(visit, False, said_by, channel, by, None, at)


def offers_again(visit: Visit, *, by: Person | None, at: datetime, said_by: str = "", channel: Channel | None = None,
                 signature: StoredFile | None = None) -> OfferWish | None:
    """The customer lifts it. At the store's tablet they sign for it; on their own page (``by`` None) a tap will do."""
    _may(visit, by)
    if visit.no_more_offers_at is None:
        return None
    if by is not None and signature is None:
        raise Blocked(Say("Only the customer lifts this: they sign here, or do it on their own phone."))
    claim(visit, Visit.ended.is_(None), otherwise=Say("This visit has ended; nothing can be changed in it."),
          no_more_offers_at=None)
    record(visit, "consent.offers_again", Say("The customer may be offered more again"), by=by, at=at)
    return _wish(visit, True, said_by, channel, by, signature, at)


def _may(visit: Visit, by: Person | None) -> None:
    if by is not None and not (by.may(May.PRESENT, visit.store_id) or by.may(May.SHOW_EVIDENCE, visit.store_id)):
        raise Blocked(not_permitted(May.PRESENT))
    if visit.ended:
        raise Blocked(Say("This visit has ended; nothing can be changed in it."))


def _wish(visit: Visit, wanted: bool, said_by: str, channel: Channel | None, by: Person | None,
          signature: StoredFile | None, at: datetime) -> OfferWish:
    said = keep(OfferWish(
        visit=visit, wanted=wanted, said_by=said_by.strip() or visit.vehicle.owner.name, at=at,
        channel=channel or (Channel.TABLET if by else Channel.OWN_PHONE), staff_id=by.id if by else None,
        signature_id=signature.id if signature else None))
    db.session.flush()
    content, personal = contents.offer_wish(said, signature)
    seal(SealKind.OFFER_WISH, content, store_id=visit.store_id, at=at, visit_id=visit.id, personal=personal)
    return said


def last_wish(visit: Visit) -> OfferWish | None:
    """What the customer said last about offers on this visit."""
    return db.session.scalars(sa.select(OfferWish).where(
        OfferWish.visit_id == visit.id, OfferWish.store_id == visit.store_id)
        .order_by(OfferWish.id.desc()).limit(1)).one_or_none()


def why_not_tell(finding: Finding, *, by: Person) -> tuple[Say, ...]:
    """The sentences that grey the button."""
    return tuple(_why_not_tell(finding, by))


def _why_not_tell(finding: Finding, by: Person) -> Iterator[Say]:
    from models.evidence import FindingGrade

    visit = finding.visit
    if not (by.may(May.PRESENT, visit.store_id) or by.may(May.SHOW_EVIDENCE, visit.store_id)):
        yield not_permitted(May.SHOW_EVIDENCE)
    if visit.ended or visit.stage is Stage.FOLLOWUP:
        yield Say("This visit has ended; nothing can be changed in it.")
    if finding.grade is not FindingGrade.SAFETY:
        yield Say("Only what concerns safety is told without being asked for.")


def tell_safety(finding: Finding, *, by: Person, at: datetime) -> Notice:
    """Tell the customer what concerns safety: the fact with its reading, no price, no question. Once a finding."""
    hold(finding.visit)
    why_not = why_not_tell(finding, by=by)
    if why_not:
        raise Blocked(why_not)
    event = f"{TOLD} {finding.id}"  # of its own: another finding's message does not overtake it
    if db.session.scalar(sa.select(Notice.id).where(Notice.visit_id == finding.visit_id, Notice.event == event)):
        raise Blocked(Say("The customer has been told this already."))
    reading = f"{finding.reading} {finding.unit}" if finding.reading else "–"
    limit = f"{finding.limit} {finding.unit}" if finding.limit and finding.unit else finding.limit or "–"
    says = Say("Found at your car, it concerns safety: {words} (reading {reading}, limit {limit}). Nothing is done "
               "without you; call us if you have a question.", words=finding.words, reading=reading, limit=limit)
    record(finding, TOLD, Say("Told as a fact, without an offer: {words}", words=finding.words), by=by, at=at)
    return tell(finding.visit, event, says, by=by, at=at, until=at + timedelta(hours=24))
