"""The store's side of the customer's link: holding it out, making a new one, taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Response, current_app, url_for

from models.base import db
from models.consent import Request
from models.journey import Visit
from models.links import CustomerLink, link_of, why_no_link
from models.people import May
from models.proofs import Proof, counter_digits
from models.words import Blocked, Say
from views.access import allow, find, me, now, ours
from views.again import again
from views.guest.door import bp
from views.proofs import wanted_of
from views.qr import svg
from views.respond import changed, show


@bp.get("/visits/<id>/link")
@allow(May.PRESENT)
def link_page(id: Any) -> Response:  # noqa: A002
    """The QR code to be held out to the customer, and the ways to make and take back their link."""
    visit = find(Visit, id, sa.orm.joinedload(Visit.vehicle))
    link = link_of(visit)
    token = link.token(current_app.config["SECRET_KEY"]) if link and not link.is_over(now()) else None
    address = url_for(".page", token=token, _external=True) if token else ""
    waiting = db.session.scalars(ours(Request).where(Request.visit_id == visit.id, Request.answered_at.is_(None),
                                                     Request.taken_back_at.is_(None)).order_by(Request.id)).all()
    return show("guest/link.html", visit=visit, link=link, address=address, qr=svg(address) if address else "",
                why_not=why_no_link(visit, by=me()), waiting=waiting,
                digits=told_aloud(link, waiting) if token and link else [])


def told_aloud(link: CustomerLink, waiting: Sequence[Request]) -> list[tuple[Say, str]]:
    """The digits that the advisor tells whoever has no better proof: of each request, and of any other word."""
    if wanted_of(link) is not Proof.COUNTER:
        return []
    secret = current_app.config["SECRET_KEY"]
    return [*((Say("For the decision asked for at {when}", when=one.sent_at), counter_digits(one, secret))
              for one in waiting),
            (Say("For ending the contract, or objecting to an answer by telephone"), counter_digits(link, secret))]


@bp.post("/visits/<id>/links")
@allow(May.PRESENT)
@again(link_page)
def make(id: Any) -> Response:  # noqa: A002
    """A new link; an earlier one ends with it."""
    CustomerLink.make(find(Visit, id), secret=current_app.config["SECRET_KEY"], by=me(), at=now())
    return changed(url_for(".link_page", id=id))


@bp.post("/visits/<id>/links/revocations")
@allow(May.PRESENT)
@again(link_page)
def revoke(id: Any) -> Response:  # noqa: A002
    """Take the customer's link back."""
    link = link_of(find(Visit, id))
    if link is None:
        raise Blocked(Say("This link was taken back already."))
    link.revoke(by=me(), at=now())
    return changed(url_for(".link_page", id=id), said=Say("Link for the customer taken back"))
