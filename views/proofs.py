"""The customer shows who they are before they decide on their own screen: a try is a row before it is a look."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
from flask import current_app, request

from models.base import db
from models.consent import Request
from models.links import CustomerLink
from models.notices import Way
from models.people import SignInAttempt
from models.proofs import Proof, is_right, proof_of
from models.sync import Receipt
from models.words import Blocked, Refused, Say
from views.access import now
from views.carriers import carriers_of
from views.database import apart, let_others_write
from views.fields import text
from views.signin.door import fingerprint
from views.signin.guessing import DAY, OF_ORIGIN, WINDOW, Door, Limits, tried

OF_VISIT: Limits = ((5, WINDOW), (10, DAY))  # whatever is decided, and through whichever link
LAST_FOUR_TRIES = 5  # for as long as a link lives: one in two thousand

TOO_MANY = Say("Too many wrong digits. Wait a quarter of an hour, or decide with your advisor at the counter.")
MISSING: dict[Proof, Say] = {
    Proof.TEXTED: Say("Have a code sent to your telephone, and type it here."),
    Proof.LAST_FOUR: Say("Type the last four digits of the telephone number that the store has of you."),
    Proof.COUNTER: Say("Type the four digits that your advisor tells you."),
}
WRONG: dict[Proof, Say] = {
    Proof.TEXTED: Say("These digits are not those of the last message, or they are older than ten minutes."),
    Proof.LAST_FOUR: Say("These are not the last four digits of the number that the store has of you."),
    Proof.COUNTER: Say("These are not the four digits. Ask your advisor again."),
}


def wanted_of(link: CustomerLink) -> Proof:
    """What is asked of whoever decides through this link."""
    return proof_of(link, texts=Way.TEXT in carriers_of(current_app.config["SETTINGS"]))


def proved(link: CustomerLink, given: Request | None = None) -> Proof | Blocked:
    """What the customer has shown, or the refusal; before the act's transaction. Raises Locked after too many tries.

    ``given`` is what they decide on; None for another word of theirs. Wrong tries count for the visit, whatever for.
    """
    proof, made_at = wanted_of(link), link.made_at
    if _came_before():
        return proof
    typed = "".join(sign for sign in text("code") if sign.isascii() and sign.isdigit())
    whose = Door(SignInAttempt.login_hash, fingerprint(f"digits of visit {link.visit_id}"), OF_VISIT, TOO_MANY)
    where = Door(SignInAttempt.origin, fingerprint(f"answers from {request.remote_addr}"), OF_ORIGIN, TOO_MANY)
    forms = Door(SignInAttempt.login_hash, fingerprint(f"forms of visit {link.visit_id}"), OF_ORIGIN, TOO_MANY)
    if not typed:  # forgotten, which is no guess; but nobody sends a form a thousand times
        let_others_write()
        tried(forms, where)
        return Refused(code=MISSING[proof])
    right = is_right(proof, typed, link, given, secret=current_app.config["SECRET_KEY"], at=now())
    let_others_write()
    attempt = tried(whose, where)
    if not right:
        refusal = Refused(code=WRONG[proof])
        if proof is Proof.LAST_FOUR and _wrong_since(whose, made_at) >= LAST_FOUR_TRIES:
            refusal.log = partial(link.no_more_last_four, at=now())
        return refusal
    with apart() as connection:
        connection.execute(sa.update(SignInAttempt).where(SignInAttempt.id == attempt).values(succeeded=True))
    return proof


def _wrong_since(whose: Door, at: datetime) -> int:
    """All wrong tries since the link was made, however far apart and whatever was right in between."""
    with apart() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(SignInAttempt).where(
            whose.column == whose.key, SignInAttempt.succeeded.is_(False), SignInAttempt.at >= at)).scalar_one())


def _came_before() -> bool:
    """A form that is sent again gets its first answer, whatever its digits are worth by now."""
    number = request.form.get("item_id", "")
    found: Any = db.session.scalar(sa.select(sa.func.count()).where(sa.cast(Receipt.item_id, sa.Text) == number))
    return bool(found)
