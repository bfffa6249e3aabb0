"""What the customer does on their page: has a code sent, decides, rates. No member of staff does it for them."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, request, url_for

from models.consent import Request, no_more_offers, offers_again
from models.delivery import rate
from models.journey import Visit
from models.links import CustomerLink
from models.orders import Answer, Line
from models.proofs import AnswerCode, Proof
from models.words import Blocked, Refused, Say
from views.access import allow, now
from views.again import again
from views.fields import digits, text
from views.guest.door import bp, followed, put_before
from views.guest.page import page
from views.once import beforehand, by_nature, prepared
from views.proofs import MISSING, proved, wanted_of
from views.respond import changed
from views.signature import drawn
from views.witness import witness

NOTHING_CHOSEN = Say("Decide on at least one line.")
DOES_NOT_FIT = Say("This form does not fit what was asked. Reload the page and decide again.")


@bp.post("/g/<token>/openings")
@allow.link
@by_nature
def opening(token: str) -> Response:
    """Somebody looks at the page: a script of it says so at a touch or after seconds on a screen, never a preview."""
    followed(token, acting=True).opened(at=now())
    return Response(status=204)


@bp.post("/g/<token>/requests/<int:id>/codes")
@allow.link
@again(page)
def code(token: str, id: int) -> Response:  # noqa: A002
    """A code for deciding, to the telephone on file."""
    link = followed(token, acting=True)
    given = put_before(link, id)
    send_code(link, given)
    return changed(url_for(".page", token=token), said=Say("The code is on its way to your telephone."))


def send_code(link: CustomerLink, about: Request | Visit) -> None:
    """Raises Blocked where something else is asked for, or too many went out."""
    if wanted_of(link) is not Proof.TEXTED:
        raise Blocked(MISSING[wanted_of(link)])
    AnswerCode.send(about, at=now())


def shown_beforehand(token: str, id: int) -> Any:  # noqa: A002
    """That whoever answers is the customer."""
    link = followed(token, acting=True)
    return proved(link, put_before(link, id))


@bp.post("/g/<token>/requests/<int:id>/answers")
@allow.link
@beforehand(shown_beforehand)
@again(page)
def answer(token: str, id: int) -> Response:  # noqa: A002
    """The customer decides line by line, by name."""
    given, proof = put_before(followed(token, acting=True), id), shown_to_us()
    given.answer(decisions(given), by=None, at=now(), channel=proof.channel, answered_by=name_of_answer(),
                 words=text("words")[:500], signature=drawn(given.visit), witness=witness())
    return changed(url_for(".page", token=token), said=Say("Your decision has reached the store."))


@bp.post("/g/<token>/offers/stops")
@allow.link
@again(page)
def stop_offers(token: str) -> Response:
    """No more offers on this visit: one tap of whoever holds the link; the worst that it can do is silence."""
    no_more_offers(followed(token, acting=True).visit, by=None, at=now())
    return changed(url_for(".page", token=token), said=Say("We offer you nothing more today."))


@bp.post("/g/<token>/offers/returns")
@allow.link
@again(page)
def offer_again(token: str) -> Response:
    """Offers are welcome again; each still waits for its own yes, with digits."""
    offers_again(followed(token, acting=True).visit, by=None, at=now())
    return changed(url_for(".page", token=token), said=Say("You are told again what we find."))


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


# --------------------------------------------------------------------------- what a form says


def shown_to_us() -> Proof:
    """What whoever acts has shown beforehand. Raises the refusal of who has not."""
    proof = prepared()
    if isinstance(proof, Blocked):
        raise proof
    return cast(Proof, proof)


def name_of_answer() -> str:
    """Who decides. Raises Refused without a name."""
    name = text("name")[:80]
    if not name:
        raise Refused(name=Say("Who decides? Type the name of the person."))
    return name


def decisions(given: Request) -> dict[Line, Answer]:
    """The form's decisions by line. Only the lines and the two words count; nothing else of a form is read.

    A form tells what was shown above it, or it is none of ours.
    """
    if not text("shown"):
        raise Refused(lines=DOES_NOT_FIT)
    lines = {item.line_id: item.line for item in given.lines}
    made: dict[Line, Answer] = {}
    for field, word in request.form.items(multi=True):
        if not field.startswith("line-"):
            continue
        line = lines.get(digits(field.removeprefix("line-"), most=11) or 0)
        answer_ = next((one for one in Answer if one.value == word), None)
        if line is None or answer_ is None or line in made:
            raise Refused(lines=DOES_NOT_FIT)
        made[line] = answer_
    if not made:
        raise Refused(lines=NOTHING_CHOSEN)
    return made
