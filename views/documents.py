"""Papers as PDF, and QR pictures. ``….pdf`` speaks the reader's language, ``….zh.pdf`` and ``….en.pdf`` that one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, make_response, url_for
from sqlalchemy.orm import joinedload, selectinload

from models.consent import Request, RequestLine
from models.journey import Visit
from models.orders import Line, LineVersion, PartNeed, RepairOrder
from models.people import May
from models.walkaround import MarkSeen, Walkaround, WalkaroundPhoto
from views.access import allow, find
from views.labels import label_sheet
from views.papers import draft_paper, order_paper, settlement_list, walkaround_sheet
from views.papers.stands import answers_of
from views.qr import svg
from views.visits import whole_visit

bp = Blueprint("documents", __name__)

# What papers show beyond the pages of a visit.
PAPER = (
    joinedload(Visit.walkaround).options(
        joinedload(Walkaround.by),
        selectinload(Walkaround.seen).options(joinedload(MarkSeen.mark), joinedload(MarkSeen.photo)),
        selectinload(Walkaround.photos).joinedload(WalkaroundPhoto.photo)),
    selectinload(Visit.orders).selectinload(RepairOrder.lines).joinedload(Line.versions)
    .selectinload(LineVersion.needs).joinedload(PartNeed.part),
    selectinload(Visit.requests).joinedload(Request.lines).joinedload(RequestLine.line),
)


@bp.get("/visits/<id>/walkaround.pdf")
@bp.get("/visits/<id>/walkaround.<any(zh, en):language>.pdf")
@allow(May.SEE_VISITS)
def walkaround(id: Any, language: str | None = None) -> Response:  # noqa: A002
    """The walk-around sheet (环车检查单)."""
    return walkaround_sheet(whole_visit(id, *PAPER), language)


@bp.get("/orders/<int:id>/order.pdf")
@bp.get("/orders/<int:id>/order.<any(zh, en):language>.pdf")
@allow(May.SEE_VISITS)
def order(id: int, language: str | None = None) -> Response:  # noqa: A002
    """The order as the customer authorised it (委托书): the signed paper itself, once somebody has signed."""
    return order_paper(whole_order(id), language)


@bp.get("/orders/<int:id>/draft.pdf")
@bp.get("/orders/<int:id>/draft.<any(zh, en):language>.pdf")
@allow(May.SEE_VISITS)
def draft(id: int, language: str | None = None) -> Response:  # noqa: A002
    """The order as it stands now, with what has been added since the last signature."""
    return draft_paper(whole_order(id), language)


@bp.get("/orders/<int:id>/papers/<int:number>.pdf")
@allow(May.SEE_VISITS)
def signed(id: int, number: int) -> Response:  # noqa: A002
    """The paper of one sealed answer: earlier ones stay readable."""
    order = find(RepairOrder, id)
    if not any(event.number == number for event in answers_of(order.visit_id, order.id)):
        abort(404)
    return order_paper(order, number=number)


@bp.get("/orders/<int:id>/settlement.pdf")
@bp.get("/orders/<int:id>/settlement.<any(zh, en):language>.pdf")
@allow(May.SEE_VISITS)
def settlement(id: int, language: str | None = None) -> Response:  # noqa: A002
    """The settlement list (结算清单)."""
    return settlement_list(whole_order(id), language)


@bp.get("/parts/labels.pdf")
@bp.get("/parts/labels.<any(zh, en):language>.pdf")
@allow(May.ISSUE_PARTS)
def labels(language: str | None = None) -> Response:
    """Labels for parts and bins (配件标签): ``part``, ``bin``, ``copies``."""
    return label_sheet(language)


@bp.get("/visits/<id>/qr.svg")
@allow(May.SEE_VISITS)
def qr(id: Any) -> Response:  # noqa: A002
    """The way to a visit, for the workshop's own cameras."""
    visit = find(Visit, id)
    response = make_response(svg(url_for("visits.page", id=visit.id, _external=True)))
    response.content_type = "image/svg+xml"
    return response


def whole_order(id: int, visit_id: Any = None) -> RepairOrder:  # noqa: A002
    """An order with everything papers show, or 404; of that visit, if one is named."""
    order = find(RepairOrder, id)
    if visit_id not in (None, order.visit_id):
        abort(404)
    whole_visit(order.visit_id, *PAPER)
    return order
