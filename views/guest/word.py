"""Two more words of the customer, each with a page of its own and the proof of a decision: the contract ends, and
“I did not say that” to an answer that was taken by telephone. Plain forms; whoever has no script sends them as well."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, url_for

from models.cancelling import cancel, why_not_cancel
from models.consent import Channel, agreed_to, call_of, object_to, why_not_object
from models.links import CustomerLink
from models.proofs import Proof
from models.words import Blocked, Say
from views.access import allow, now
from views.again import again
from views.cancelling import CLOCKED
from views.fields import text
from views.guest.acts import send_code, shown_to_us
from views.guest.door import bp, followed, put_before
from views.guest.page import stays_here
from views.guest.told import so_far
from views.once import beforehand
from views.proofs import proved, wanted_of
from views.respond import changed, show
from views.signature import drawn
from views.visits import whole_visit

SENT = Say("The code is on its way to your telephone.")


def whoever(link: CustomerLink) -> dict[str, Any]:
    """What both pages need to ask who it is."""
    return {"link": link, "at": now(), "proof": wanted_of(link), "Proof": Proof} | stays_here()


def shown_to_end(token: str) -> Any:
    """That whoever speaks is the customer; nobody is asked for digits where nothing can be ended."""
    link = followed(token, acting=True)
    return _blocked(why_not_cancel(link.visit, by=None)) or proved(link)


def shown_to_object(token: str, id: int) -> Any:  # noqa: A002
    """The same for an answer by telephone."""
    link = followed(token, acting=True)
    return _blocked(why_not_object(put_before(link, id))) or proved(link)


def _blocked(why_not: tuple[Say, ...]) -> Blocked | None:
    return Blocked(why_not) if why_not else None


@bp.get("/g/<token>/ending")
@allow.link
def ending(token: str) -> Response:
    """What ending the contract now means: what is done, half done and not begun, and what of it the customer pays."""
    link = followed(token)
    visit = whole_visit(link.visit_id, CLOCKED)
    return show("guest/ending.html", token=token, visit=visit, sums=so_far(visit, now()), **whoever(link),
                why_over=why_not_cancel(visit, by=None))


@bp.post("/g/<token>/ending/codes")
@allow.link
@again(ending)
def ending_code(token: str) -> Response:
    """A code for ending the contract, to the telephone on file."""
    link = followed(token, acting=True)
    send_code(link, link.visit)
    return changed(url_for(".ending", token=token), said=SENT)


@bp.post("/g/<token>/endings")
@allow.link
@beforehand(shown_to_end)
@again(ending)
def end(token: str) -> Response:
    """The customer ends the contract, at the cost so far. The store is told."""
    visit, proof = followed(token, acting=True).visit, shown_to_us()
    cancel(visit, by=None, at=now(), said_by=text("said_by")[:80], words=text("words")[:500], channel=proof.channel,
           signature=drawn(visit))
    return changed(url_for(".page", token=token), said=Say("The contract is ended. The store has been told."))


@bp.get("/g/<token>/requests/<int:id>/objection")
@allow.link
def objection(token: str, id: int) -> Response:  # noqa: A002
    """What was noted as agreed by telephone, and what objecting to it does."""
    link = followed(token)
    given = put_before(link, id)
    if given.channel is not Channel.TELEPHONE:
        abort(404)
    off = {line.id for line in agreed_to(given) if line.begun_at is None}
    return show("guest/objection.html", token=token, given=given, call=call_of(given), off=off, **whoever(link),
                decided={item.line_id: made.answer for item in given.lines for made in item.version.decisions
                         if made.request_id == given.id}, why_over=why_not_object(given))


@bp.post("/g/<token>/requests/<int:id>/objection/codes")
@allow.link
@again(objection)
def objection_code(token: str, id: int) -> Response:  # noqa: A002
    """A code for objecting, to the telephone on file."""
    link = followed(token, acting=True)
    put_before(link, id)
    send_code(link, link.visit)
    return changed(url_for(".objection", token=token, id=id), said=SENT)


@bp.post("/g/<token>/requests/<int:id>/objections")
@allow.link
@beforehand(shown_to_object)
@again(objection)
def object_(token: str, id: int) -> Response:  # noqa: A002
    """The customer did not say what was noted. The store is told; what has not begun is taken off."""
    given, proof = put_before(followed(token, acting=True), id), shown_to_us()
    object_to(given, said_by=text("said_by")[:80], words=text("words")[:500], at=now(), channel=proof.channel)
    return changed(url_for(".page", token=token), said=Say("The store has been told that you did not say this."))
