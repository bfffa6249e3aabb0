"""What was found at a car, what was looked at and is not needed, and the one factual offer that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import LabourOp, Part, UpgradeItem
from models.consent import ask
from models.evidence import (
    Finding,
    FindingGrade,
    FindingPhoto,
    Likeness,
    LikenessJudgement,
    after_missing,
    checks_of,
    draw_first,
    own_phrases,
    point_of,
)
from models.files import StoredFile
from models.journey import Visit
from models.orders import Answer, Line, LineState, PayType, RepairOrder
from models.orders.menu import take
from models.people import May, Person
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, decimal, digits, text
from views.headers import DEVICES
from views.lists import Column, Kind, Listing, listed, show_list
from views.once import beforehand, prepared
from views.photos import LIKE_ANOTHER, develop, receive
from views.respond import changed
from views.visits import findings, whole_visit

bp = Blueprint("evidence", __name__)
OFFERS_AT_MOST = 8  # lines of one message
UNITS = ("mm", "%", "V", "A", "bar", "kPa", "℃")
# Of a photo like another one: that one, and the car it was taken at.
BOTH_PICTURES = joinedload(Finding.photos).joinedload(FindingPhoto.likeness).options(
    joinedload(Likeness.other), joinedload(Likeness.other_visit).joinedload(Visit.vehicle),
    joinedload(Likeness.judgement).joinedload(LikenessJudgement.by))
FINDINGS = Listing("findings", Say("Findings"), (
    Column("at", Say("When"), Kind.MOMENT),
    Column("by", Say("Found by"), of=lambda finding: finding.by.name, sorts=False),
    Column("point", Say("What was looked at"), sorts=False),
    Column("words", Say("What you found"), sorts=False),
    Column("grade", Say("Urgency"), Kind.WORD),
    Column("reading", Say("Reading"), sorts=False),
    Column("unit", Say("Unit"), sorts=False),
    Column("limit", Say("Limit"), sorts=False),
    Column("source", Say("Source"), sorts=False),
    Column("photos", Say("Photos"), Kind.COUNT, lambda finding: len(finding.photos), sorts=False),
), its_order=Say("As they were found"))


@bp.get("/visits/<id>/findings")
@allow(May.SEE_VISITS)
def page(id: str) -> Response:
    """What was found at this car, and the form for one more."""
    visit = whole_visit(id)
    all_ = findings(visit, BOTH_PICTURES)
    found = listed(FINDINGS, all_, path=url_for(".page", id=visit.id), about=visit.vehicle.plate or "")
    return hears(show_list(
        "evidence/findings.html", visit=visit, lists=[found], again=struck(visit), catalogue=catalogue(),
        offered=offered(visit), missing=after_missing(visit, all_), **form_facts(visit, all_)))


def form_facts(visit: Visit, found: list[Finding] | None = None, *, offline: bool = False) -> dict[str, Any]:
    """What templates/evidence/report.html and checks.html need. ``offline``: for a page that a tablet keeps, which
    belongs to nobody; the phrases of whoever reads it come first elsewhere."""
    own = own_phrases(me(), store_id=visit.store_id, at=now()) if not offline else []
    return {"lines": [line for order in visit.orders for line in order.lines], "units": UNITS, "offline": offline,
            "checks": checks_of(visit, found if found is not None else findings(visit), points()),
            "phrases": store().setting("finding_words"), "own_phrases": own,
            "point": request.args.get("point", "")}


def points() -> list[str]:  # noqa: N802
    """The store's own list of what is looked at."""
    return list(store().setting("check_points"))


def hears(page: Response) -> Response:
    """A page on which a film is recorded may ask for the microphone; no other page of the house may."""
    page.headers["Permissions-Policy"] = DEVICES.replace("microphone=()", "microphone=(self)")
    return page


@bp.post("/visits/<id>/findings")
@allow(May.SHOW_EVIDENCE)
@beforehand(develop)
@again(page)
def report(id: str) -> Response:
    """Words, grade, a reading with its limit and source, photos of this car."""
    visit = whole_visit(id)
    finding = reported(visit, by=me(), at=now(), photos=sent_photos(visit))
    said = LIKE_ANOTHER if finding.withheld else Say("Finding saved.")
    return changed(url_for("evidence.page", id=visit.id) + f"#finding-{finding.id}", said=said)


def reported(visit: Visit, *, by: Person, at: datetime, photos: list[StoredFile], item: UUID | None = None,
             late: bool = False, marks: Iterable[tuple[int, str]] = ()) -> Finding:
    """The finding that the fields tell, of a form or of a tablet's item (views/sync). ``marks``: what was drawn on
    which of the photos. Raises Refused, Blocked."""
    reading = decimal("reading")
    if reading is not None and not text("unit"):
        raise Refused(unit=Say("A reading needs its unit."))
    point, line = point_of(visit, text("point"))
    if text("line"):  # as forms of an earlier version tell it
        line = find(Line, text("line"))
        point = line.code
    finding = Finding.report(visit, text("words"), choice(FindingGrade, "grade"), by=by, at=at, line=line, point=point,
                             reading=None if reading is None else str(reading), unit=text("unit") or None,
                             limit=text("limit") or None, source=text("source") or None, photos=photos, item=item,
                             late=late)
    draw_first(finding, marks)
    return finding


@bp.post("/findings/<uuid:id>/requests")
@allow(May.SHOW_EVIDENCE, May.PRESENT)
@again(lambda id: page(find(Finding, id).visit_id))
def offer(id: object) -> Response:
    """Put lines before the customer with this finding, in one message: struck ones once more, additional work."""
    finding = find(Finding, id)
    visit = whole_visit(finding.visit_id)
    lines = offered_lines(visit)
    ask(visit, lines, by=me(), at=now(), evidence=finding.words, findings=dict.fromkeys(lines, finding))
    said = Say("“{line}” is before the customer.", line=lines[0].label) if len(lines) == 1 else Say(
        "{count} lines are before the customer, in one message.", count=len(lines))
    return changed(url_for("evidence.page", id=visit.id), said=said)


def offered_lines(visit: Visit) -> list[Line]:
    """The lines that were chosen, each with its pieces: ``line:12`` stands on the order, ``code:U04`` is new."""
    pieces = request.form.getlist("pieces")
    chosen = [(what, pieces[at] if at < len(pieces) else "1")
              for at, what in enumerate(request.form.getlist("offer")) if what.strip()]
    if not chosen:
        raise Refused(offer=Say("Choose what to put before the customer."))
    if len(chosen) > OFFERS_AT_MOST:
        raise Refused(offer=Say("At most {most} in one message.", most=OFFERS_AT_MOST))
    return list(dict.fromkeys(offered_line(visit, what.strip(), how_many(told)) for what, told in chosen))


def how_many(told: str) -> int:
    """The pieces of a part, one unless told. Raises Refused."""
    pieces = digits(told.strip() or "1", most=3)
    if not pieces:
        raise Refused(pieces=Say("Type a whole number, at least {least}.", least=1))
    return pieces


def offered_line(visit: Visit, what: str, pieces: int) -> Line:
    """One of them."""
    kind, _, key = what.partition(":")
    if kind == "line":
        line = find(Line, key)
        if line.order.visit_id != visit.id:
            raise Blocked(Say("This line belongs to another visit."))
        return line
    if kind != "code":
        raise Refused(offer=Say("Choose what to put before the customer."))
    return take(order_to_add_to(visit), key, found=True, by=me(), at=now(), quantity=pieces)


def order_to_add_to(visit: Visit) -> RepairOrder:
    """Additional work goes onto the order the customer pays; without one onto the first."""
    if not visit.orders:
        raise Blocked(Say("There is no order yet. The advisor writes it first."))
    return next((order for order in visit.orders if order.pay_type is PayType.CUSTOMER), visit.orders[0])


def sent_photos(visit: Visit) -> list[StoredFile]:
    """The photos of the form; none is allowed, a spoilt one is refused by its field."""
    return receive(visit, prepared()) if prepared() else []


def struck(visit: Visit) -> list[Line]:
    """The lines the customer struck, which may be offered once more."""
    return [line for order in visit.orders for line in order.lines if line.state is LineState.DECLINED]


def offered(visit: Visit) -> dict[object, list[tuple[Line, Answer | None]]]:
    """What each finding was put before the customer for, and the answer."""
    answers: dict[object, list[tuple[Line, Answer | None]]] = {}
    lines = {line.id: line for order in visit.orders for line in order.lines}
    for sent in visit.requests:
        for item in sent.lines:
            if item.finding_id is not None:
                line = lines[item.line_id]
                decision = next((d for version in line.versions for d in version.decisions if d.request_id == sent.id),
                                None)
                answers.setdefault(item.finding_id, []).append((line, decision.answer if decision else None))
    return answers


def catalogue() -> list[tuple[str, str, str]]:
    """Code, Chinese and English name of everything that can be offered: upgrade items, operations, parts."""
    kinds = (UpgradeItem, UpgradeItem.code), (LabourOp, LabourOp.code), (Part, Part.sku)
    rows = sa.union_all(*(
        ours(kind).with_only_columns(code.label("code"), kind.name_zh, kind.name_en, sa.literal(place).label("place"))
        .where(kind.in_use(store().day(now()))) for place, (kind, code) in enumerate(kinds)))
    return [(row.code, row.name_zh, row.name_en) for row in db.session.execute(rows.order_by("place", "code"))]
