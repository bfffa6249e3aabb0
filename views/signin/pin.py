"""Signing in on an enrolled tablet: picture or badge, then six digits. On any other device none of it exists (404)."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from flask import Response, abort, request

from models.base import db
from models.labels import LabelKind, expect
from models.people import Badge, How, Person, Tablet
from models.people.badges import holder
from models.people.portraits import portraits
from models.people.startcodes import fits, of_person
from models.words import Blocked, Refused, Say
from views import database
from views.access import allow, now
from views.html import role_words
from views.once import by_nature
from views.respond import local, show
from views.signin import guessing
from views.signin.door import bp, secret
from views.signin.password import let_in
from views.signin.pictures import here, people, works_here
from views.signin.resuming import place_for
from views.signin.sessions import end_this, sign_in

log = logging.getLogger("clearbay.signin")

WRONG = Say("This PIN is not right.")
LEFT = Say("This PIN is not right. After {left} more wrong tries this person is locked for a quarter of an hour.")
LAST = Say("This PIN is not right. One more wrong try locks this person for a quarter of an hour.")
WRONG_CODE = Say("This start code is not right, or it is used up or expired. Ask the service manager for a new one.")
NOT_ALIKE = Say("The two are not alike. Type the new PIN twice.")
UNKNOWN_BADGE = Say("This badge is not known here, or it was revoked. Tap your picture, and ask for a new badge.")


@bp.get("/sign-in/pin")
@allow.anyone
def pad() -> Response:
    """The six digits of whoever tapped their picture; without a PIN yet, where one is chosen."""
    return pad_of(known(here(), request.args.get("person", "")), next_page=local(request.args.get("next")))


@bp.post("/sign-in/pin")
@allow.anyone
@by_nature
def enter_pin() -> Response:
    """Sign in with the PIN, after a picture was tapped or a badge held up."""
    on = here()
    asked = Asked(on, number(request.form.get("person", "")), request.form.get("badge", ""))
    try:
        return asked.enter(request.form.get("pin", "").strip())
    except guessing.Locked as locked:
        return asked.again(locked.sentence, 429, retry_after=locked.get_headers())
    except Refused as refused:
        return asked.again(refused.sentences[0], 422)


@bp.post("/sign-in/start")
@allow.anyone
@by_nature
def start() -> Response:
    """Choose a PIN with the start code that a manager told, and be signed in with it."""
    on = here()
    asked = Asked(on, number(request.form.get("person", "")), request.form.get("badge", ""))
    try:
        return asked.begin(request.form.get("code", ""), new_pin())
    except guessing.Locked as locked:
        return asked.again(locked.sentence, 429, retry_after=locked.get_headers())
    except Blocked as blocked:
        return asked.again(blocked.sentences[0], 422, field=next(iter(getattr(blocked, "fields", {})), "code"))


@bp.post("/sign-in/badge")
@allow.anyone
@by_nature
def badge() -> Response:
    """A badge was held up: on to the six digits of its person. Any other code is refused by its name."""
    on = here()
    try:
        held = badge_at(on, request.form.get("badge", ""))
    except Blocked as blocked:
        response = people(local(request.form.get("next")), error=blocked.sentences[0])
        response.status_code = 422
        return response
    return pad_of(held.person, next_page=local(request.form.get("next")), badge=request.form["badge"])


# --------------------------------------------------------------------------- one who asks to be let in


@dataclass
class Asked:
    """Somebody at a tablet who says who they are: by a picture, or by a badge that the form brings along."""

    on: Tablet
    person_id: int
    badge: str = ""

    def person(self) -> Person | None:
        """Whom the number means, if they may sign in on this tablet."""
        found = db.session.get(Person, self.person_id)
        return found if found is not None and works_here(found, self.on) else None

    def how(self) -> How:
        """A badge counts if it is this person's and still good."""
        try:
            return How.BADGE if self.badge and badge_at(self.on, self.badge).person_id == self.person_id else How.PIN
        except Blocked:
            return How.PIN

    def enter(self, pin: str) -> Response:
        """In with the PIN. Raises Refused, Locked."""
        attempt, person = self._try()
        pin_hash = person.pin_hash if person is not None else None
        database.let_others_write()
        # As long for somebody unknown; nobody waits for the database meanwhile.
        if not Person(pin_hash=pin_hash).pin_is(pin, secret=secret()):
            log.warning("PIN refused", extra={"facts": {"say": "PIN refused", "tablet": self.on.id}})
            raise Refused(pin=self._wrong())
        return self._in(attempt)

    def begin(self, code: str, pin: str) -> Response:
        """In with a start code, which the new PIN takes the place of. Raises Refused, Blocked, Locked."""
        database.let_others_write()
        chosen = Person()
        chosen.set_pin(pin, secret=secret(), at=now())
        attempt, person = self._try()
        start_code = fits(person, code, secret=secret(), at=now())
        if start_code is None or person is None:
            raise Refused(code=WRONG_CODE)
        start_code.spend(at=now())
        person.pin_hash, person.pin_set_at = chosen.pin_hash, chosen.pin_set_at
        return self._in(attempt)

    def _try(self) -> tuple[int, Person | None]:
        person = self.person()
        id_ = person.id if person is not None else None
        whose, where, tablet_id = guessing.of_person(self.person_id), guessing.of_tablet(self.on), self.on.id
        database.let_others_write()
        return guessing.tried(whose, where, person_id=id_, tablet_id=tablet_id), self.person()

    def _wrong(self) -> Say:
        left = guessing.tries_left(guessing.of_person(self.person_id))
        return WRONG if left > 2 else LAST if left <= 1 else Say(LEFT.sentence, left=left)

    def _in(self, attempt: int) -> Response:
        person = self.person()
        if person is None:
            abort(404)  # left, or lost their post, in this very moment
        guessing.was_right(attempt)
        to = place_for(person, local(request.form.get("next")))
        end_this()
        return let_in(sign_in(person, device=request.user_agent.string[:120], how=self.how(), on=self.on), to)

    def again(self, why: Say, status: int, *, field: str = "pin", retry_after: list[tuple[str, str]] = ()) -> Response:  # type: ignore[assignment]
        """The same page once more, with the reason."""
        database.give_up()
        person = self.person()
        if person is None:
            response = people(local(request.form.get("next")), error=why)
        else:
            response = pad_of(person, next_page=local(request.form.get("next")), error=why, field=field,
                              badge=self.badge, locked=status == 429)
        response.status_code = status
        response.headers.update([pair for pair in retry_after if pair[0] == "Retry-After"])
        return response


def pad_of(person: Person, *, next_page: str, error: Say | None = None, field: str = "pin", badge: str = "",
           locked: bool = False) -> Response:
    """The page of the six digits, or of the start code for whoever has no PIN."""
    on = here()
    until = guessing.locked_until(guessing.of_person(person.id)) or guessing.locked_until(guessing.of_tablet(on))
    return show("tablets/pin.html", on=on, person=person, role=role_words(person, on.store), next=next_page,
                face=portraits(of=(person.id,)).get(person.id), error=error, field=field, badge=badge, until=until,
                has_code=person.pin_hash is None and of_person(person, at=now()) is not None)


# --------------------------------------------------------------------------- what was typed, tapped or scanned


def number(given: str) -> int:
    """A person's number as a form brings it; 404 for anything else."""
    if not re.fullmatch(r"[0-9]{1,9}", given):
        abort(404)
    return int(given)


def known(on: Tablet, given: str) -> Person:
    """Somebody who may sign in on this tablet, or 404."""
    person = Asked(on, number(given)).person()
    if person is None:
        abort(404)
    return person


def new_pin() -> str:
    """A new PIN, typed twice. Raises Refused when the two differ."""
    pin = request.form.get("pin", "").strip()
    if pin != request.form.get("again", "").strip():
        raise Refused(again=NOT_ALIKE)
    return pin


def badge_at(on: Tablet, scanned: str) -> Badge:
    """The badge that was held up. Raises Blocked: another kind of label by its name, an unknown or revoked badge."""
    label = expect(scanned, LabelKind.BADGE, store=on.store)
    found = holder(label.code)
    if found is None or found.revoked_at is not None or not works_here(found.person, on):
        raise Blocked(UNKNOWN_BADGE)
    return found


