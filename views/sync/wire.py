"""What tablets talk to: ticket, hello, blob, item. Answers are JSON that says it is ours, so that a gateway's own 200
is never taken for a receipt. None of it needs a sign-in: the tablet's cookie is enough, a revoked one's too."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, request
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException

from models.backups import durable_sequence, epoch
from models.base import db
from models.files import NoRoom, films
from models.files.pictures import PHOTO_BYTES, Picture
from models.sync import blobs_named, keep_blob, report
from models.words import Blocked, Refused, Say
from views import database
from views.access import allow, me, now, store
from views.html import person_key, told
from views.once import beforehand, by_nature, prepared
from views.photos import shelf
from views.problems import PROBLEMS
from views.sync.bringers import Bringer, bringer
from views.sync.envelopes import NOT_AN_ITEM, SHA256, Unreadable, age_of, read_envelope
from views.sync.taking import CLASHES, Clash, Missing, take_in
from views.sync.tickets import ticket_for

bp = Blueprint("sync", __name__, url_prefix="/sync")
log = logging.getLogger("clearbay.sync")

ITEM_BYTES = 1_000_000
OTHER_CONTENT = Say("What came is not what its name says. It is sent once more.")


def says(status: int, sentence: Say | None = None, **facts: Any) -> Response:
    """An answer of ours."""
    words = {} if sentence is None else {"says": told(sentence)}
    return make_response(jsonify(clearbay=1, **facts, **words), status)


def most(size: int) -> Any:
    """A view that takes so many bytes and no more (views/access.py asks)."""

    def declare(view: Any) -> Any:
        view.most_bytes = size
        return view

    return declare


@bp.get("/ticket")
@allow.signed_in
def ticket() -> Response:
    """What proves later that whoever is signed in now made an item, wherever it is then sent from."""
    signed, made = ticket_for(me(), store(), g.sign_in)
    return says(200, ticket=signed, person=person_key(me()), name=me().name, until=ms(made.until))


@bp.post("/hello")
@allow.anyone
@by_nature
@most(10_000)
def hello() -> Response:
    """The server's time, epoch and durable sequence; the tablet tells how much it still holds."""
    here, held = bringer(), request.get_json(force=True, silent=True)
    if here.tablet is not None and isinstance(held, dict):
        listen(here, held)
    return says(200, time=ms(now()), epoch=str(epoch(at=now())), durable=durable_sequence(),
                limits={"item": ITEM_BYTES, "blob": PHOTO_BYTES},
                revoked=here.tablet is not None and here.tablet.revoked_at is not None)


def listen(here: Bringer, held: dict[str, Any]) -> None:
    """Write down what a tablet says it holds; what it forgot to tell is nothing."""
    count = {name: int(number) if isinstance(number := held.get(name), int | float) and 0 <= number < 2**50 else 0
             for name in ("items", "blobs", "bytes", "lost")}
    here.tablet.last_seen_at = now()
    age = age_of(str(held.get("oldest"))) if count["items"] else None
    loss = report(here.tablet, items=count["items"], blobs=count["blobs"], size=count["bytes"],
                  oldest_at=None if age is None else now() - age, at=now(), cleared=count["lost"])
    if loss is not None:
        log.warning("items vanished from a tablet",
                    extra={"facts": {"say": "items vanished", "tablet": here.tablet.id, "items": loss.items}})


# --------------------------------------------------------------------------- photos


def develop(sha256: str) -> tuple[bytes, Picture | Refused | None]:
    """Read and look through what comes, before the database is asked for more than who brings it."""
    here = bringer()
    known = sha256 in blobs_named(here.store.id, [sha256])
    if not known:
        here.within_quota(now())
    database.let_others_write()
    data = request.get_data()
    if not SHA256.fullmatch(sha256) or hashlib.sha256(data).hexdigest() != sha256:
        return data, Refused(blob=OTHER_CONTENT)
    try:
        return data, None if known else films.shot(data)
    except films.Occupied as busy:
        raise database.Busy(busy.sentences[0]) from None  # comes again by itself
    except Refused as refused:
        return data, refused


@bp.put("/blob/<sha256>")
@allow.anyone
@by_nature
@most(PHOTO_BYTES)
@beforehand(develop)
def blob(sha256: str) -> Response:
    """A photo ahead of its item, whole; the same bytes again are the same photo."""
    here, (data, picture) = bringer(), prepared()
    if isinstance(picture, Refused):
        return says(422, picture.sentences[0], blob=sha256, stored=False)
    new = keep_blob(data, sha256, picture=picture, shelf=shelf(), store_id=here.store.id, tablet=here.tablet,
                    person=here.person, at=now())
    return says(201 if new else 200, blob=sha256, stored=True)


# --------------------------------------------------------------------------- items


@bp.post("/item")
@allow.anyone
@by_nature
@most(ITEM_BYTES)
def item() -> Response:
    """One item: taken in, kept for a person, or put aside; in each case a receipt that names it and its hash."""
    here, sent = bringer(), read_envelope(request.get_data())
    age = age_of(request.headers.get("Item-Age"))
    named = {"item": str(sent.item), "hash": sent.hash}
    try:
        return receipt(take_in(sent, here, age=age, at=now()))
    except Missing as missing:
        return says(424, **named, missing=missing.hashes)
    except Clash as clash:
        database.on_record(clash.keep)
        return says(409, CLASHES, **named, clash=True, kept=True)


def receipt(outcome: Any) -> Response:
    """What the tablet keeps: number, hash, place in the sequence, and what became of it."""
    kept = outcome.item
    return says(201 if outcome.new else 200, next(iter(kept.reasons), None) if kept.is_open else None,
                item=str(kept.id), hash=kept.hash, seq=kept.seq, state=kept.state, time=ms(now()),
                location=kept.location)


def ms(at: Any) -> int:
    """A moment as browsers count it."""
    return int(at.timestamp() * 1000)


# --------------------------------------------------------------------------- what goes wrong


@bp.errorhandler(Unreadable)
def unreadable(_: Unreadable) -> Response:
    """No number could be read: there is nothing it could be kept under."""
    database.give_up()
    return says(400, NOT_AN_ITEM)


@bp.errorhandler(NoRoom)
def no_room(full: NoRoom) -> Response:
    """The disk is full: no receipt, come again."""
    database.give_up()
    return later(507, full.sentence, timedelta(minutes=1))


@bp.errorhandler(exc.SQLAlchemyError)
@bp.errorhandler(database.Busy)
def busy(trouble: Any) -> Response:
    """The database could not take it now: full, or too many write."""
    if isinstance(trouble, exc.DBAPIError) and database.is_full(trouble):
        return no_room(NoRoom())
    known = isinstance(trouble, exc.DBAPIError | exc.TimeoutError)
    if not isinstance(database.explain(trouble) if known else trouble, database.Busy):
        return broken(trouble)
    database.give_up()
    return later(503, database.BUSY, timedelta(seconds=2))


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> Response:
    """Whatever else is answered before a view is reached, in our words."""
    database.give_up()
    code = error.code or 500
    sentence = error.description if isinstance(error.description, Say) else PROBLEMS.get(code, PROBLEMS[400])[1]
    answer = says(code, sentence)
    answer.headers.update([pair for pair in error.get_headers() if pair[0] in ("Allow", "Retry-After")])
    return answer


@bp.errorhandler(Blocked)
def blocked(refusal: Blocked) -> Response:
    """A rule spoke outside of an item."""
    database.give_up()
    return says(422 if isinstance(refusal, Refused) else 409, refusal.sentences[0])


@bp.errorhandler(Exception)
def broken(error: Exception) -> Response:
    """Our own mistake: nothing half is kept, the tablet keeps its item and goes on with the others."""
    log.error("failed", exc_info=error, extra={"facts": {"say": "failed", "endpoint": request.endpoint}})
    try:
        database.give_up()
    except exc.SQLAlchemyError:
        db.session.remove()
    return later(500, PROBLEMS[500][1], timedelta(minutes=1))


def later(code: int, sentence: Say, wait: timedelta) -> Response:
    """Not now. The words ask the database for nobody."""
    g.nobody = True
    answer = says(code, sentence)
    answer.headers["Retry-After"] = str(int(wait.total_seconds()))
    return answer
