"""Records from before seals were chained get their place, and acts that nobody sealed then are sealed as they stand.

Run by ``./clearbay migrate``; doing it again changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from models.base import Base, db, keep
from models.consent import Decision, Request
from models.consent.offers import OfferWish
from models.delivery import Handover, Payment, Settlement
from models.files import StoredFile
from models.orders import RepairOrder
from models.quality import SignOff
from models.seal import contents
from models.seal.chain import SealedEvent, SealedPersonal, SealHead, SealKind, loosen, seal
from models.seal.living import claims
from models.seal.witness import Witness
from models.stores import Store
from models.walkaround import Walkaround

Sealed = tuple[SealKind, contents.Made, Any, uuid.UUID]


def take_over() -> int:
    """Chain what is loose and seal what was never sealed, store by store. Returns how many records got a place."""
    waiting = db.session.scalar(sa.select(sa.func.count()).where(SealedEvent.number.is_(None))) or 0
    for store in db.session.scalars(sa.select(Store).order_by(Store.id)).all():
        loose = db.session.scalars(sa.select(SealedEvent).where(
            SealedEvent.store_id == store.id, SealedEvent.number.is_(None)).order_by(SealedEvent.id)).all()
        for event in loose:
            _former(event)
        if loose:
            loosen(store.id)
        # Once a store has a chain of its own, every act seals itself; a gap would then be somebody's doing.
        if db.session.get(SealHead, store.id) is None:
            waiting += _never_sealed(store)
        waiting += _wishes(store)
    return waiting


def _wishes(store: Store) -> int:
    """Words on further offers, which an earlier version did not seal; once, before the first one that was."""
    if db.session.scalar(sa.select(SealedEvent.id).where(
            SealedEvent.store_id == store.id, SealedEvent.kind == SealKind.OFFER_WISH.value).limit(1)):
        return 0
    wishes = db.session.scalars(sa.select(OfferWish).where(OfferWish.store_id == store.id)
                                .order_by(OfferWish.id)).all()
    for wish in wishes:
        content, personal = contents.offer_wish(wish, _file(wish.signature_id))
        seal(SealKind.OFFER_WISH, content | {"taken_over": True}, store_id=store.id, at=wish.at,
             visit_id=wish.visit_id, personal=personal)
    return len(wishes)


def _former(event: SealedEvent) -> None:
    """A plain record of an earlier version: whose visit it is, and the name behind its commitment."""
    if event.kind == SealKind.APPROVAL and "visit" in event.content:
        event.visit_id = uuid.UUID(event.content["visit"])
        request = db.session.get(Request, event.content["request"])
        if request is not None and request.salt:
            keep(SealedPersonal(event=event, fields={"answered_by": request.answered_by or ""}, salt=request.salt))
            request.salt = None
    elif event.kind == SealKind.SIGN_OFF and "order" in event.content:
        event.visit_id = db.session.scalar(sa.select(RepairOrder.visit_id).where(
            RepairOrder.store_id == event.store_id, RepairOrder.number == event.content["order"]))


def _never_sealed(store: Store) -> int:
    known: set[tuple[type[Base], Any]] = set()
    for event in db.session.scalars(sa.select(SealedEvent).where(SealedEvent.store_id == store.id)):
        known |= {(model, id_) for model, id_, _ in claims(event.kind, event.content, None)}
    made = [one for model, one in _acts(store.id) if (model, one.id) not in known]
    for act in made:
        kind, (content, personal), at, visit_id = _sealed(act)
        seal(kind, content | {"taken_over": True}, store_id=store.id, at=at, visit_id=visit_id, personal=personal)
    return len(made)


def _acts(store_id: int) -> Iterator[tuple[type[Base], Any]]:
    for model, where, order in (
        (Request, Request.answered_at.is_not(None) | Request.taken_back_at.is_not(None), Request.id),
        (Walkaround, Walkaround.signed_at.is_not(None), Walkaround.id),
        (SignOff, sa.true(), SignOff.id), (Settlement, sa.true(), Settlement.id), (Payment, sa.true(), Payment.id),
        (Handover, sa.true(), Handover.id),
    ):
        table: Any = model
        for one in db.session.scalars(sa.select(table).where(table.store_id == store_id, where).order_by(order)):
            yield model, one


def _sealed(act: Any) -> Sealed:
    match act:
        case Request(taken_back_at=None):
            decisions = list(db.session.scalars(sa.select(Decision).where(Decision.request_id == act.id)))
            return SealKind.APPROVAL, contents.approval(act, decisions, _file(act.signature_id), Witness(), None,
                                                        papers=False), act.answered_at, act.visit_id
        case Request():
            return SealKind.REQUEST_TAKEN_BACK, contents.taken_back(act, by=act.sent_by), act.taken_back_at, \
                act.visit_id
        case Walkaround():
            return SealKind.WALKAROUND, contents.walkaround(
                act, _file(act.signature_id), _file(act.advisor_signature_id)), act.signed_at, act.visit_id
        case SignOff():
            return SealKind.SIGN_OFF, contents.sign_off(act), act.at, act.inspection.order.visit_id
        case Settlement():
            return SealKind.SETTLEMENT, contents.settlement(act), act.settled_at, act.order.visit_id
        case Payment():
            return SealKind.PAYMENT, contents.payment(act), act.at, act.settlement.order.visit_id
        case Handover():
            return SealKind.HANDOVER, contents.handover(act), act.at, act.visit_id
    raise TypeError(type(act).__name__)


def _file(id_: uuid.UUID | None) -> StoredFile | None:
    return db.session.get(StoredFile, id_) if id_ else None
