"""Unused parts come back from a car onto the shelf."""

from __future__ import annotations

from flask import Response, url_for
from sqlalchemy.orm import joinedload

from models.labels import LabelKind, expect
from models.orders import Line, RepairOrder
from models.parts import Demand, Issue, ReturnWhy, take_back, want_again
from models.parts.bins import bin_named
from models.parts.returns import why_not_back
from models.people import May
from models.words import Refused, Say
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import choice, text, whole
from views.parts.counter import bp
from views.parts.visit import page as parts_of_car
from views.respond import changed, show

WHOLE = (joinedload(Issue.movement), joinedload(Issue.technician), joinedload(Issue.demand).options(
    joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order).joinedload(RepairOrder.visit)))


@bp.get("/issues/<id>/return")
@allow(May.ISSUE_PARTS)
def coming_back(id: str) -> Response:  # noqa: A002
    """Pieces of a hand-over come back: how many, why, and whether the car still needs them."""
    handed = find(Issue, id, *WHOLE)
    return show("parts/return.html", handed=handed, visit=handed.demand.line.order.visit, whys=list(ReturnWhy),
                why_not=why_not_back(handed.demand, by=me()))


@bp.post("/issues/<id>/returns")
@allow(May.ISSUE_PARTS)
@again(coming_back)
def bring_back(id: str) -> Response:  # noqa: A002
    """They lie on the shelf again, at the cost they went out at."""
    handed = find(Issue, id, *WHOLE)
    needed = text("needed")
    if needed not in ("yes", "no"):
        raise Refused(needed=Say("Say whether the car still needs it."))
    back = take_back(handed, whole("pieces", least=1), choice(ReturnWhy, "why"), needed=needed == "yes", by=me(),
                     at=now(), bin=its_bin(handed), lot=text("lot", most=40) if handed.demand.part.lots else None)
    return changed(url_for("parts.page", id=handed.demand.line.order.visit_id), said=Say(
        "{count} × {part} lie in {bin} again.", count=back.quantity, part=handed.demand.part.named,
        bin=back.movement.bin))


def its_bin(handed: Issue) -> str | None:
    """The bin that was scanned or typed, None for the one they came from. Raises Refused for one there is not."""
    if not text("bin"):
        return None
    code = expect(text("bin"), LabelKind.PART, LabelKind.BIN, store=store()).code
    found = bin_named(store().id, code)
    if found is None and code != handed.demand.part.bin:
        raise Refused(bin=Say("There is no bin {bin} here. Make it on the page of the bins first.", bin=code[:40]))
    return found.code if found else code


@bp.post("/demands/<id>/returns")
@allow(May.ISSUE_PARTS)
@again(lambda id: parts_of_car(find(Demand, id).line.order.visit_id))  # noqa: A006
def need_again(id: str) -> Response:  # noqa: A002
    """What was let go is needed after all."""
    demand = find(Demand, id, joinedload(Demand.part), joinedload(Demand.line).joinedload(Line.order))
    want_again(demand, by=me(), at=now())
    return changed(url_for("parts.page", id=demand.line.order.visit_id), said=Say("The parts counter knows."))
