"""What is let off: within one's limit at once, beyond it asked for and answered by somebody whose limit suffices."""

from __future__ import annotations

from typing import Any

from flask import Response

from models.orders import Concession, ConcessionKind, Line
from models.orders.concessions import goodwill, limit_left
from models.people import May
from models.words import Say
from views.access import allow, find, me, now
from views.again import again
from views.fields import fen, text
from views.orders.lines import page_of_line
from views.orders.pages import bp, page, written
from views.respond import changed

ASKED = Say("Asked for. Whoever may decide sees it on Today; the answer stands at the line.")


@bp.post("/lines/<id>/discounts")
@allow(May.DISCOUNT)
@again(page_of_line)
def give_discount(id: Any) -> Response:  # noqa: A002
    """Take something off an approved line: within the limit of one's post at once, else it is asked for."""
    line, amount = find(Line, id), fen("amount")
    if 0 < limit_left(line, me()) >= amount:
        line.discount(amount, text("reason"), by=me(), at=now())
        return changed(written(line.order), said=Say("Discount given"))
    Concession.ask(line, ConcessionKind.DISCOUNT, text("reason"), amount=amount, by=me(), at=now())
    return changed(written(line.order), said=ASKED)


@bp.post("/lines/<id>/goodwills")
@allow(May.DISCOUNT)
@again(page_of_line)
def give_for_nothing(id: Any) -> Response:  # noqa: A002
    """Let the whole price of a line off before the work: at once, or asked for."""
    line = find(Line, id)
    if limit_left(line, me()) >= line.current.amount:
        goodwill(line, text("reason"), by=me(), at=now())
        return changed(written(line.order), said=Say("Free of charge: the customer decides on it like on any other."))
    Concession.ask(line, ConcessionKind.GOODWILL, text("reason"), by=me(), at=now())
    return changed(written(line.order), said=ASKED)


@bp.post("/concessions/<id>/answers")
@allow(May.DISCOUNT)
@again(lambda id: page(find(Concession, id).line.order.visit_id))
def answer(id: Any) -> Response:  # noqa: A002
    """Grant what a colleague has asked for, or refuse it in words."""
    asked = find(Concession, id)
    if text("granted"):
        asked.grant(by=me(), at=now())
    else:
        asked.refuse(text("words"), by=me(), at=now())
    return changed(written(asked.line.order), said=Say("Granted.") if text("granted") else Say("Refused."))
