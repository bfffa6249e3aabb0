"""The public page behind the check code on a customer's copy: whether the record is unchanged, and nothing personal.

Looking needs no sign-in. Codes that lead nowhere are counted as rows (views/signin/guessing.py); with sixty bits and
two signs that catch slips, guessing is hopeless long before it is stopped. An uploaded paper is hashed and forgotten.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, Response, g, redirect, request, url_for

from models.base import db
from models.people import SignInAttempt
from models.seal import SealedEvent, SealKind, code_of, read_code, sealed_under
from models.seal.one import examine, papers_of, printed_as, sums_of
from models.stores import Store
from models.words import Refused, Say
from views.access import allow, at_store, store
from views.again import again
from views.database import apart, let_others_write
from views.fields import fen
from views.once import by_nature
from views.respond import show
from views.signin.door import fingerprint
from views.signin.guessing import WINDOW, Door, tried

bp = Blueprint("check", __name__)

FROM_ONE_PLACE, FROM_EVERYWHERE = 30, 3_000  # codes that led nowhere, in a quarter of an hour
TOO_MANY = Say("Too many wrong codes or amounts were tried from this place. Wait a quarter of an hour.")
MISTYPED = Say("This code was mistyped: one of its signs is wrong or missing. Compare it with the paper.")
UNKNOWN = Say("No record has this code. Either it was mistyped more than once, or the paper was not made here.")
NO_PAPER = Say("Choose the PDF to be compared.")
NOT_OURS = Say("No paper was printed here that is this PDF, byte for byte. A scan, a photo or a PDF printed again "
               "never is: type the check code on it.")
SAME = Say("This PDF is the signed paper, byte for byte.")
OTHER = Say("This PDF is not a paper that was printed of this record. A scan, a photo or a PDF printed again is never "
            "the same byte for byte: compare the code and the amounts instead.")
WORDS: dict[SealKind, Say] = {
    SealKind.APPROVAL: Say("A customer's decision on an order"),
    SealKind.REQUEST_TAKEN_BACK: Say("A question to the customer that was taken back"),
    SealKind.WALKAROUND: Say("A signed walk-around sheet"),
    SealKind.SIGN_OFF: Say("A signed inspection"),
    SealKind.SETTLEMENT: Say("A settlement list"),
    SealKind.PAYMENT: Say("A payment"),
    SealKind.OFFER_WISH: Say("A customer's word on further offers"),
    SealKind.HANDOVER: Say("A hand-over of key and papers"),
    SealKind.CANCELLATION: Say("A contract that the customer ended"),
    SealKind.OBJECTION: Say("A customer's objection to an answer by telephone"),
    SealKind.PAPER: Say("A printed paper"),
    SealKind.FORGOTTEN: Say("A removal of personal data"),
}


@dataclass(frozen=True)
class Told:
    """What the page says of a record: nothing that names anybody."""

    event: SealedEvent
    what: Say
    wrong: list[Say]
    papers: list[str]
    has_sum: bool

    @property
    def code(self) -> str:
        return code_of(self.event.seal or "")


@bp.get("/check")
@allow.anyone
def door() -> Response:
    """Where a code is typed."""
    g.nobody = True
    typed = request.args.get("code", "")[:60]
    code = read_code(typed)
    if code is not None:
        return redirect(url_for(".page", code=code), 303)  # type: ignore[return-value]
    return show("check/door.html", typed=typed, why=[MISTYPED] if typed else [])


@bp.post("/check/papers")
@allow.anyone
@by_nature
@again(door)
def of_paper() -> Response:
    """The record that a PDF was printed of, found by its bytes alone. Nothing is kept."""
    g.nobody = True
    attempt = _try()
    event = printed_as(_uploaded())
    if event is None:
        return show("check/door.html", status=404, typed="", why=[NOT_OURS])
    code = code_of(event.seal or "")
    _right(attempt)
    return page(code, said=SAME, agrees=True)


@bp.get("/check/<code>")
@allow.anyone
def page(code: str, said: Say | None = None, agrees: bool = False) -> Response:
    """Whether the record of a code exists and is unchanged; what it is, whose store, which day."""
    g.nobody = True
    right = read_code(code[:60])
    told = _told(right) if right else None
    if told is None:
        return show("check/door.html", status=404, typed=code[:60], why=[UNKNOWN if right else MISTYPED])
    return show("check/page.html", told=told, place=store(), said=said, agrees=agrees)


@bp.post("/check/<code>/comparisons")
@allow.anyone
@by_nature
@again(page)
def compare(code: str) -> Response:
    """Whether a PDF is the very paper that was signed, or an amount the one that was sealed. Nothing is kept."""
    g.nobody = True
    right = read_code(code[:60])
    attempt = _try() if right and "amount" in request.form else None  # before anything is read: it is a row of its own
    told = _told(right) if right else None
    if told is None:
        return page(code)
    agrees, said = _same_paper(told) if attempt is None else _same_sum(told, attempt)
    return show("check/page.html", told=told, place=store(), said=said, agrees=agrees)


def _told(code: str) -> Told | None:
    """The record of a code; None if it leads nowhere, which is counted. Raises Locked after too many."""
    attempt = _try()
    event = sealed_under(code)
    if event is None:
        return None
    _right(attempt)
    at_store(db.session.get_one(Store, event.store_id))
    kind = SealKind(event.kind)
    return Told(event, WORDS[kind], examine(event), papers_of(event), bool(sums_of(event)))


def _try() -> int:
    """Count a try as a wrong one until it is known better."""
    everywhere = Door(SignInAttempt.login_hash, fingerprint("check codes"), ((FROM_EVERYWHERE, WINDOW),), TOO_MANY)
    here = Door(SignInAttempt.origin, fingerprint(f"check codes from {request.remote_addr}"),
                ((FROM_ONE_PLACE, WINDOW),), TOO_MANY)
    return tried(everywhere, here)


def _right(attempt: int) -> None:
    """In a transaction of its own: a page only reads."""
    let_others_write()
    with apart() as connection:
        connection.execute(sa.update(SignInAttempt).where(SignInAttempt.id == attempt).values(succeeded=True))


def _same_sum(told: Told, attempt: int) -> tuple[bool, Say]:
    if fen("amount") in sums_of(told.event):
        _right(attempt)
        return True, Say("The amount is the one that was sealed.")
    return False, Say("Another amount was sealed.")


def _same_paper(told: Told) -> tuple[bool, Say]:
    return (True, SAME) if _uploaded() in told.papers else (False, OTHER)


def _uploaded() -> str:
    """The hash of the PDF that was sent. Raises Refused where none was."""
    file = request.files.get("paper")
    if file is None or not file.filename:
        raise Refused(paper=NO_PAPER)
    return hashlib.file_digest(file.stream, "sha256").hexdigest()


@bp.after_request
def unlisted(response: Response) -> Response:
    """No search engine keeps it."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
