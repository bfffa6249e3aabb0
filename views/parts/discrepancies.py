"""Discrepancies: parts taken without a network that did not fit any more. A clerk settles each with words."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, abort, url_for
from sqlalchemy.orm import joinedload

from models.base import db
from models.catalogue import Part
from models.journey import Visit
from models.parts import count, on_hand
from models.parts.claims import PART_CLAIM, Settling, discrepancies, part_named
from models.people import May, Person, Tablet
from models.sync import InboxItem, ItemResolution
from models.vehicles import Vehicle
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, text, whole
from views.lists import Column, Kind, Listing, listed, show_list
from views.parts.counter import bp
from views.respond import changed, show
from views.sync.taking import UNPROVED, carry_out
from views.sync.words import envelope_of, sentences

WHICH_PART = Say("This label names no single part. Count on the page of the part, then say here that it was put back.")


def claim_told(body: bytes | None) -> dict[str, str]:
    """What a claim says, field by field; of one that cannot be read nothing."""
    try:
        return {str(name): str(value) for name, value in json.loads(body or b"{}")["fields"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}


def what(body: bytes | None) -> str:
    """The label and the pieces of a claim, in a line."""
    told = claim_told(body)
    return f"{told.get('shown') or told.get('label', '')[:40]} ×{told.get('pieces') or 1}"


CLAIMS = Listing("claims", Say("Discrepancies"), (
    Column("happened", Say("Happened"), Kind.MOMENT, InboxItem.at),
    Column("what", Say("Part"), of=InboxItem.body, told=what, sorts=False),
    Column("plate", Say("Plate"), Kind.PLATE, Vehicle.plate),
    Column("taker", Say("Taken by"), of=InboxItem.body, told=lambda body: claim_told(body).get("taker", ""),
           sorts=False),
    Column("author", Say("Noted by"), of=Person.name, by=Person.number),
    Column("tablet", Say("Tablet"), of=Tablet.name, sorts=False),
    Column("why", Say("Why it waits"), of=InboxItem.reason, told=sentences, sorts=False),
), order=("happened",), last=InboxItem.id, carries={
    "id": InboxItem.id, "plate_kind": Vehicle.plate_kind, "vin": Vehicle.vin})


@bp.get("/parts/discrepancies")
@allow(May.ISSUE_PARTS)
def claims() -> Response:
    """What was taken without a network and could not be booked by itself, the oldest first."""
    rows = (CLAIMS.select().outerjoin(Visit, (Visit.id == InboxItem.visit_id) & (Visit.store_id == InboxItem.store_id))
            .outerjoin(Vehicle, Vehicle.id == Visit.vehicle_id).outerjoin(Person, Person.id == InboxItem.author_id)
            .outerjoin(Tablet, Tablet.id == InboxItem.tablet_id).where(*discrepancies(store().id)))
    return show_list("parts/claims.html", "claims", lists=[listed(CLAIMS, rows, path=url_for(".claims"))])


@bp.get("/parts/discrepancies/<uuid:id>")
@allow(May.ISSUE_PARTS)
def claim(id: Any) -> Response:  # noqa: A002
    """One of them: what was taken, for whom, why it was refused, and the three ways to settle it."""
    found = the_claim(id)
    return show("parts/claim.html", item=found, taken=what(found.body), told=claim_told(found.body),
                part=part_of(found), visit=car_of(found), why=found.why_not_settle(by=me()))


@bp.post("/parts/discrepancies/<uuid:id>/settlements")
@allow(May.ISSUE_PARTS)
@again(claim)
def settle(id: Any) -> Response:  # noqa: A002
    """A clerk settles it: booked as it was, put back, or the bin was counted."""
    found, how, said = the_claim(id), choice(Settling, "how"), Say("Settled.")
    if how is Settling.BOOKED:
        book_as_it_was(found)
    elif how is Settling.PUT_BACK:
        found.settle(ItemResolution.NOT_WANTED, text("words"), by=me(), at=now())
    else:
        said = count_instead(found)
    return changed(url_for(".claims"), said=said)


def the_claim(id: Any) -> InboxItem:  # noqa: A002
    """A claim of this store, or 404."""
    found = find(InboxItem, id, joinedload(InboxItem.author), joinedload(InboxItem.tablet),
                 joinedload(InboxItem.resolved_by))
    return found if found.kind == PART_CLAIM else abort(404)


def car_of(found: InboxItem) -> Visit | None:
    """The car it was taken for, if that is one of this store."""
    return db.session.scalars(ours(Visit, joinedload(Visit.vehicle)).where(Visit.id == found.visit_id)).one_or_none()


def part_of(found: InboxItem) -> Part | None:
    """The part the claim's label names."""
    return part_named(store().id, claim_told(found.body).get("label", ""))


def book_as_it_was(found: InboxItem) -> None:
    """The pieces are gone to that car: whoever they were kept for waits again. Raises Blocked; it waits as before."""
    if why := found.why_not_settle(by=me()):
        raise Blocked(why)
    if found.author is None or found.is_clash:
        raise Blocked(UNPROVED)
    found.applied(carry_out(found, envelope_of(found), found.author, {}, decided=True), by=me(), at=now())


def count_instead(found: InboxItem) -> Say:
    """Nobody knows any more: what lies there counts, and the book follows it."""
    part, lies = part_of(found), whole("counted")
    if part is None:
        raise Refused(counted=WHICH_PART)
    found.settle(ItemResolution.TAKEN_OVER, text("words"), by=me(), at=now())
    before = on_hand(part)
    count(part, lies, by=me(), at=now())
    return Say("Settled. Counted: {difference} against the book.", difference=f"{lies - before:+d}")
