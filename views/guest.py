"""What a customer's QR code opens: their car on its road, what is asked of them, and their papers. No sign-in.

Whoever holds the address holds the right; looking changes nothing, so a link preview is harmless. The address is
neither logged nor stored; other sites do not learn it (``Referrer-Policy: same-origin`` for every page: a stricter one
would take the origin from our own forms, and they would be refused).
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, current_app, g, request, url_for

from models.base import db
from models.consent import Request
from models.delivery import Rating, rate
from models.evidence import Likeness, Standing
from models.files import FileKind, StoredFile
from models.journey import Visit
from models.links import CustomerLink, follow, link_of, why_no_link
from models.orders import Answer, Line
from models.people import May
from models.proofs import AnswerCode, Proof, counter_digits
from models.road import road
from models.words import Blocked, Refused, Say
from views.access import allow, at_store, find, me, now, ours
from views.again import again
from views.documents import PAPER, whole_order
from views.fields import digits, text
from views.once import beforehand, by_nature, prepared
from views.papers import order_paper, settlement_list, walkaround_sheet
from views.papers.maker import print_afterwards
from views.photos import picture
from views.proofs import MISSING, proved, wanted_of
from views.qr import svg
from views.respond import changed, show
from views.road import promised, stops
from views.signature import drawn
from views.visits import findings, whole_visit
from views.witness import witness

bp = Blueprint("guest", __name__)

NO_SUCH_LINK = Say("This link leads nowhere. Scan the code again, or ask the store for a new one.")
STAFF_HERE = Say("You are signed in as staff. The customer answers on their own phone; here you see what they see.")
NOTHING_CHOSEN = Say("Decide on at least one line.")


# --------------------------------------------------------------------------- the customer's page


@bp.get("/g/<token>")
@allow.link
def page(token: str, id: int | None = None) -> Response:  # noqa: A002
    """Where the car is, what waits for the customer, what was found, and the papers."""
    visit = whole_visit(followed(token).visit_id, *PAPER)
    found = findings(visit)  # loaded with their photos before the requests name them
    asking = [asked(one) for one in visit.requests if one.is_open]
    rated = db.session.scalars(sa.select(Rating).where(Rating.visit_id == visit.id)).one_or_none()
    return show("guest/page.html", token=token, visit=visit, rated=rated, place=g.store, asked=asking,
                others=[one for one in found if all(one not in request["findings"] for request in asking)],
                road=[stop | {"note": ""} for stop in stops(road(visit))], promise=promised(visit),
                answered=[asked(one) for one in reversed(visit.requests) if one.answered_at],
                proof=wanted_of(asking[0]["request"]) if asking else None, Proof=Proof,
                why_not=[STAFF_HERE] if g.staff_here else [])


@bp.post("/g/<token>/openings")
@allow.link
@by_nature
def opening(token: str) -> Response:
    """The page is on a screen: said by a script of the page, which no preview of a link runs."""
    followed(token, acting=True).opened(at=now())
    return Response(status=204)


@bp.post("/g/<token>/requests/<int:id>/codes")
@allow.link
@again(page)
def code(token: str, id: int) -> Response:  # noqa: A002
    """A code for deciding, to the telephone on file."""
    given = put_before(followed(token, acting=True), id)
    if wanted_of(given) is not Proof.TEXTED:
        raise Blocked(MISSING[wanted_of(given)])
    AnswerCode.send(given, at=now())
    return changed(url_for(".page", token=token), said=Say("The code is on its way to your telephone."))


def shown_beforehand(token: str, id: int) -> Any:  # noqa: A002
    """That whoever answers is the customer."""
    return proved(put_before(followed(token, acting=True), id))


@bp.post("/g/<token>/requests/<int:id>/answers")
@allow.link
@beforehand(shown_beforehand)
@again(page)
def answer(token: str, id: int) -> Response:  # noqa: A002
    """The customer decides line by line, by name."""
    given, proof = put_before(followed(token, acting=True), id), prepared()
    if isinstance(proof, Blocked):
        raise proof
    given.answer(decisions(given), by=None, at=now(), channel=proof.channel, answered_by=name_of_answer(),
                 words=text("words")[:500], signature=drawn(given.visit), witness=witness())
    print_afterwards()
    return changed(url_for(".page", token=token), said=Say("Your decision has reached the store."))


@bp.post("/g/<token>/ratings")
@allow.link
@again(page)
def rating(token: str) -> Response:
    """One to five stars, once, when the car is ready."""
    link = followed(token, acting=True)
    stars = text("stars")
    if stars not in ("1", "2", "3", "4", "5"):
        raise Refused(stars=Say("Choose one to five stars."))
    rate(link.visit, int(stars), at=now(), words=text("words")[:1000])
    return changed(url_for(".page", token=token), said=Say("Thank you. The store has your rating."))


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


@bp.get("/g/<token>/walkaround.pdf")
@allow.link
def walkaround(token: str) -> Response:
    """The sheet the customer signed."""
    return walkaround_sheet(whole_visit(followed(token).visit_id, *PAPER))


@bp.get("/g/<token>/orders/<int:id>/order.pdf")
@allow.link
def order(token: str, id: int) -> Response:  # noqa: A002
    """Their order."""
    return order_paper(whole_order(id, followed(token).visit_id))


@bp.get("/g/<token>/orders/<int:id>/settlement.pdf")
@allow.link
def settlement(token: str, id: int) -> Response:  # noqa: A002
    """Their settlement list."""
    return settlement_list(whole_order(id, followed(token).visit_id))


@bp.after_request
def unlisted(response: Response) -> Response:
    """No search engine keeps what a link opens."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


# --------------------------------------------------------------------------- the link and the answer


def in_dispute(file: StoredFile) -> bool:
    """Whether it is shown as evidence and may be of another car: the customer sees it when somebody has looked."""
    found = db.session.scalars(sa.select(Likeness).where(Likeness.photo_id == file.id)).one_or_none()
    return found is not None and found.standing in (Standing.IN_QUESTION, Standing.RECYCLED)


def followed(token: str, *, acting: bool = False) -> CustomerLink:
    """The link of this request; the page is its store's from here on. 404 for none, 410 for one that is over."""
    link = follow(token)
    if link is None:
        abort(_over(NO_SUCH_LINK, 404))
    staff = g.get("staff_here", False) or me() is not None
    g.staff_here, g.nobody = staff, True  # whoever is signed in here sees what the customer sees
    at_store(link.store)
    over = link.is_over(now())
    if over is not None:
        abort(_over(over, 410))
    if acting and staff:
        raise Blocked(STAFF_HERE)
    return link


def _over(why: Say, status: int) -> Response:
    g.nobody = True
    return show("guest/over.html", status=status, why=why, place=g.get("store"))


def put_before(link: CustomerLink, id: int) -> Request:  # noqa: A002
    """A request of this link's visit; of no other."""
    given = find(Request, id)
    if given.visit_id != link.visit_id:
        abort(404)
    return given


def name_of_answer() -> str:
    """Who decides. Raises Refused without a name."""
    name = text("name")[:80]
    if not name:
        raise Refused(name=Say("Who decides? Type the name of the person."))
    return name


def decisions(given: Request) -> dict[Line, Answer]:
    """The form's decisions by line. Only the lines and the two words count; nothing else of a form is read."""
    lines = {item.line_id: item.line for item in given.lines}
    made: dict[Line, Answer] = {}
    for field, word in request.form.items():
        number = field.removeprefix("line-")
        if number == field:
            continue
        line = lines.get(digits(number, most=11))
        answer_ = next((one for one in Answer if one.value == word), None)
        if line is None or answer_ is None:
            raise Refused(lines=Say("This form does not fit what was asked. Reload the page and decide again."))
        made[line] = answer_
    if not made:
        raise Refused(lines=NOTHING_CHOSEN)
    return made


def asked(given: Request) -> dict[str, Any]:
    """A request as the customer reads it: each line with its price, why, and what was decided."""
    lines = [{
        "id": item.line_id, "kind": item.line.kind, "version": item.version,
        "changed": item.version.no != item.line.version_no or item.line.withdrawn_at is not None,
        "approved": next((made.answer is Answer.APPROVED for made in item.version.decisions
                          if made.request_id == given.id), None),
    } for item in given.lines]
    return {"request": given, "lines": lines, "findings": list(dict.fromkeys(filter(None, (
        item.finding for item in given.lines)))), "total": sum(line["version"].amount for line in lines)}


# --------------------------------------------------------------------------- the store's side of it


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
                digits=[counter_digits(one, current_app.config["SECRET_KEY"]) for one in waiting
                        if wanted_of(one) is Proof.COUNTER])


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
