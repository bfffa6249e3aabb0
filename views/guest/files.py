"""The pictures and papers of the one visit that a link opens."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Response, abort

from models.base import db
from models.evidence import Likeness, Standing
from models.files import FileKind, StoredFile
from models.people.portraits import portraits
from views.access import allow, find
from views.documents import PAPER, whole_order
from views.guest.door import bp, followed
from views.papers import order_paper, settlement_list, walkaround_sheet
from views.papers.stands import answers_of
from views.photos import picture, shelf
from views.signin.pictures import portrait
from views.visits import whole_visit


@bp.get("/g/<token>/photos/<uuid:id>")
@bp.get("/g/<token>/photos/<uuid:id>/<any(thumb):size>")
@allow.link
def photo(token: str, id: Any, size: str | None = None) -> Response:  # noqa: A002
    """A photo of this visit; of no other."""
    link = followed(token)
    file = find(StoredFile, id)
    if file.visit_id != link.visit_id or file.kind is not FileKind.PHOTO or in_dispute(file):
        abort(404)
    return picture(file, small=size is not None)


def in_dispute(file: StoredFile) -> bool:
    """Whether it is shown as evidence and may be of another car: the customer sees it when somebody has looked."""
    found = db.session.scalars(sa.select(Likeness).where(Likeness.photo_id == file.id)).one_or_none()
    return found is not None and found.standing in (Standing.IN_QUESTION, Standing.RECYCLED)


@bp.get("/g/<token>/advisor")
@allow.link
def advisor(token: str) -> Response:
    """The picture of whoever looks after this car; of nobody else."""
    who = followed(token).visit.advisor_id
    sha256 = portraits(of=(who,)).get(who) if who else None
    if sha256 is None or not shelf().holds(sha256):
        abort(404)
    return portrait(sha256)


@bp.get("/g/<token>/walkaround.pdf")
@allow.link
def walkaround(token: str) -> Response:
    """The sheet the customer signed."""
    return walkaround_sheet(whole_visit(followed(token).visit_id, *PAPER))


@bp.get("/g/<token>/orders/<int:id>/order.pdf")
@bp.get("/g/<token>/orders/<int:id>/order-<int:number>.pdf")
@allow.link
def order(token: str, id: int, number: int | None = None) -> Response:  # noqa: A002
    """Their order as they signed it last, or under an earlier answer; the draft while nothing is signed."""
    order = whole_order(id, followed(token).visit_id)
    if number is not None and number not in [event.number for event in answers_of(order.visit_id, order.id)]:
        abort(404)
    return order_paper(order, number=number)


@bp.get("/g/<token>/orders/<int:id>/settlement.pdf")
@allow.link
def settlement(token: str, id: int) -> Response:  # noqa: A002
    """Their settlement list."""
    return settlement_list(whole_order(id, followed(token).visit_id))
