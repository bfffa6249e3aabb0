"""What people see of it: what waits for a decision and why, one item with its photos, tablets with unsent work."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, request, url_for
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.files import StoredFile
from models.journey import Visit
from models.people import May, Person, Tablet
from models.sync import Blob, InboxItem, ItemBlob, ItemResolution, ItemState
from models.sync.items import OPEN, is_waiting, readable_by
from models.sync.reports import OVERDUE, TabletLoss, TabletReport, losses, unsent
from models.vehicles import Vehicle
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, permitted, store
from views.again import again
from views.fields import choice, text
from views.likenesses import photos_in_question
from views.lists import Column, Kind, Listing, listed, questions, show_list
from views.once import beforehand, prepared
from views.respond import changed, show
from views.sync.bringers import Bringer
from views.sync.exports import Brought, Export, bring, read_export
from views.sync.taking import UNPROVED, carry_out
from views.sync.words import envelope_of, fields_told, kind_words, photos_told, sentences

bp = Blueprint("inbox", __name__)

ITEMS = Listing("items", Say("From tablets"), (
    Column("received", Say("Received"), Kind.MOMENT, InboxItem.received_at),
    Column("happened", Say("Happened"), Kind.MOMENT, InboxItem.at),
    Column("kind", Say("Kind"), Kind.SAY, InboxItem.kind, told=kind_words),
    Column("plate", Say("Plate"), Kind.PLATE, Vehicle.plate),
    Column("author", Say("By"), of=Person.name, by=Person.number),
    Column("tablet", Say("Tablet"), of=Tablet.name, sorts=False),
    Column("state", Say("State"), Kind.WORD, InboxItem.state),
    Column("why", Say("Why it waits"), of=InboxItem.reason, told=sentences, sorts=False),
    Column("resolution", Say("Dealt with by"), Kind.WORD, InboxItem.resolution, sorts=False),
    Column("words", Say("In words"), of=InboxItem.resolved_words, sorts=False),
), order=("received",), last=InboxItem.id, carries={
    "id": InboxItem.id, "plate_kind": Vehicle.plate_kind, "vin": Vehicle.vin})
LATEST = Listing(ITEMS.key, ITEMS.name, ITEMS.columns, order=("-received",), last=ITEMS.last, carries=ITEMS.carries)
# What can be asked for, by the word in the address.
SHOWN: dict[str, tuple[Say, sa.ColumnElement[bool]]] = {
    "": (Say("To be decided"), is_waiting()),
    "settled": (Say("Dealt with"), InboxItem.resolved_at.is_not(None)),
    "applied": (Say("Entered"), sa.and_(InboxItem.state == ItemState.APPLIED, InboxItem.resolved_at.is_(None))),
}
RESOLUTIONS = (ItemResolution.TAKEN_OVER, ItemResolution.NOT_WANTED)


@bp.get("/inbox")
@allow(May.SEE_VISITS)
def page() -> Response:
    """What tablets sent and a person must decide about, the oldest first; what was decided, and what went in."""
    asked = questions(url_for(".page")).get("show", "")
    _, wanted = SHOWN.get(asked, SHOWN[""])
    listing = LATEST if asked in SHOWN and asked else ITEMS
    rows = (listing.select().outerjoin(Visit, sa.and_(Visit.id == InboxItem.visit_id,
                                                      Visit.store_id == InboxItem.store_id))
            .outerjoin(Vehicle, Vehicle.id == Visit.vehicle_id).outerjoin(Person, Person.id == InboxItem.author_id)
            .outerjoin(Tablet, Tablet.id == InboxItem.tablet_id).where(readable_by(me(), store().id), wanted))
    return show_list("sync/inbox.html", "items", lists=[listed(listing, rows, path=url_for(".page"))],
                     asked=asked if asked in SHOWN else "", shown=SHOWN)


@bp.get("/inbox/<uuid:id>")
@allow(May.SEE_VISITS)
def item(id: Any) -> Response:  # noqa: A002
    """One item as it was sent, in words, with its photos, why it waits, and what can be done about it."""
    found = the_item(id)
    sent, visit = envelope_of(found), None
    if found.visit_id is not None:
        visit = db.session.scalars(sa.select(Visit).where(Visit.store_id == store().id, Visit.id == found.visit_id)
                                   .options(joinedload(Visit.vehicle))).one_or_none()
    return show("sync/item.html", item=found, kind=kind_words(found.kind), visit=visit, sent=sent,
                fields=list(fields_told(sent)), photos=photos_told(found, sent),
                raw=found.body.decode("utf-8", "replace"), why=found.why_not_settle(by=me()),
                others=alike(found))


def the_item(id: Any) -> InboxItem:  # noqa: A002
    """An item of this store that the reader may look at, with its photos; else 404."""
    found = find(InboxItem, id, joinedload(InboxItem.author), joinedload(InboxItem.tablet),
                 joinedload(InboxItem.resolved_by), selectinload(InboxItem.blobs).joinedload(ItemBlob.blob)
                 .joinedload(Blob.file).options(sa.orm.load_only(StoredFile.id)))
    readable = sa.select(InboxItem.id).where(InboxItem.id == found.id, readable_by(me(), store().id))
    if db.session.scalar(readable) is None:
        abort(404)
    return found


def alike(found: InboxItem) -> list[InboxItem]:
    """What came under the same number, and the versions before and after it."""
    same = sa.or_(InboxItem.sent_as == found.sent_as, InboxItem.supersedes == found.id,
                  InboxItem.id == found.supersedes)
    return list(db.session.scalars(sa.select(InboxItem).where(
        InboxItem.id != found.id, same, readable_by(me(), store().id)).order_by(InboxItem.received_at)))


@bp.post("/inbox/<uuid:id>/resolutions")
@allow(May.SEE_VISITS)
@again(item)
def resolve(id: Any) -> Response:  # noqa: A002
    """Taken over by hand, or not wanted, in words."""
    found, resolution = the_item(id), choice(ItemResolution, "resolution")
    if resolution not in RESOLUTIONS:
        raise Refused(resolution=Say("Choose one."))
    found.settle(resolution, text("words"), by=me(), at=now())
    return changed(url_for(".page"), said=Say("Dealt with."))


@bp.post("/inbox/<uuid:id>/tries")
@allow(May.SEE_VISITS)
@again(item)
def try_again(id: Any) -> Response:  # noqa: A002
    """What stood in the way is gone: take it in after all, as its author's. Refused, it waits as before."""
    found = the_item(id)
    if why := found.why_not_settle(by=me()):
        raise Blocked(why)
    if found.author is None or found.is_clash:
        raise Blocked(UNPROVED)
    location = carry_out(found, envelope_of(found), found.author, {one.blob.hash: one.blob for one in found.blobs},
                         decided=True)
    found.applied(location, by=me(), at=now())
    return changed(location, said=Say("Entered."))


# --------------------------------------------------------------------------- tablets


@bp.get("/inbox/tablets")
@allow(May.MANAGE)
def tablets() -> Response:
    """Tablets that hold unsent work, since when, and what vanished from one."""
    return show("sync/tablets.html", reports=unsent(store().id), losses=losses(store().id), late=now() - OVERDUE)


@bp.post("/inbox/losses/<int:id>/notes")
@allow(May.MANAGE)
@again(lambda id: tablets())
def note_loss(id: int) -> Response:  # noqa: A002
    """The manager looked into it."""
    loss = find(TabletLoss, id)
    loss.note(text("words"), by=me(), at=now())
    return changed(url_for(".tablets"), said=Say("Noted."))


# --------------------------------------------------------------------------- an export


@bp.get("/inbox/file")
@allow(May.MANAGE)
def file_page(brought: list[Brought] | None = None) -> Response:
    """Where the file of a tablet that never reached the server again is taken in."""
    return show("sync/file.html", brought=brought)


def read() -> Export | Refused:
    """The file, before the database is asked for anything."""
    file = request.files.get("file")
    data = file.stream.read() if file is not None else b""
    try:
        return read_export(data)
    except Refused as refused:
        return refused


@bp.post("/inbox/file")
@allow(May.MANAGE)
@beforehand(read)
@again(file_page)
def take_file() -> Response:
    """Everything in it is taken in as if the tablet had sent it; what was here before stays as it is."""
    export = prepared()
    if isinstance(export, Refused):
        raise export
    brought = bring(export, Bringer(store(), person=me(), by_file=True), at=now())
    counts = {one: sum(b.word == one for b in brought) for one in ("new", "known", "failed")}
    said = Say("{new} taken in, {known} were here already, {failed} could not be read.", **counts)
    return changed(url_for(".page", show="applied" if counts["new"] else ""), said=said)


# --------------------------------------------------------------------------- for Today


@bp.app_context_processor
def for_pages() -> dict[str, Any]:
    """``from_tablets()`` for everybody's Today: each sentence with where it is looked into."""
    return {"from_tablets": from_tablets}


def from_tablets() -> list[tuple[str, Say, str]]:
    """What waits for a decision, photos in question; for a manager also unsent work and what vanished. One query."""
    place, manages = store().id, permitted(May.MANAGE)
    late = sa.and_(TabletReport.store_id == place, TabletReport.items > 0, TabletReport.oldest_at < now() - OVERDUE)
    count = lambda of, *where: sa.select(sa.func.count()).select_from(of).where(*where).scalar_subquery()  # noqa: E731
    waiting = count(InboxItem, readable_by(me(), place), is_waiting())
    doubtful = photos_in_question()
    asked = [doubtful, waiting] if not manages else [
        doubtful, waiting, sa.select(sa.func.sum(TabletReport.items)).where(late).scalar_subquery(),
        sa.select(sa.func.min(TabletReport.oldest_at)).where(late).scalar_subquery(),
        sa.select(sa.func.sum(TabletLoss.items)).where(TabletLoss.store_id == place, TabletLoss.noted_at.is_(None))
        .scalar_subquery()]
    photos, here, held, since, gone = (*db.session.execute(sa.select(*asked)).one(), None, None, None)[:5]
    said = []
    if photos:
        said.append(("attention", Say("{count} photos look like ones of another car.", count=photos),
                     url_for("likeness.page")))
    if gone:
        said.append(("blocked", Say("Vanished from a tablet before it was sent: {count}.", count=gone),
                     url_for("inbox.tablets")))
    if here:
        said.append(("attention", Say("From tablets, waiting for a decision: {count}.", count=here),
                     url_for("inbox.page")))
    if held:
        said.append(("waiting", Say("Unsent on tablets: {count}, the oldest since {since}.", count=held,
                                    since=since), url_for("inbox.tablets")))
    return said


__all__ = ["OPEN", "bp", "from_tablets"]
