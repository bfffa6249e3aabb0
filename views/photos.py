"""Photos: taken in safely, and handed out only to the store they belong to or through the customer's link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, current_app, make_response, request, send_file, url_for
from flask_babel import gettext
from markupsafe import escape

from models.base import db
from models.evidence import Finding, FindingPhoto, Likeness, LikenessOf, Moment
from models.files import FileKind, NoRoom, Purpose, Shelf, StoredFile, receive_photo
from models.files.films import FILM_TYPE, shot
from models.files.pictures import Picture
from models.journey import Visit
from models.people import May
from models.walkaround import ANGLES, Walkaround, WalkaroundPhoto
from models.words import Refused, Say
from views.access import allow, find, me, now
from views.again import again
from views.once import beforehand, prepared
from views.problems import problem
from views.respond import changed, local, show

bp = Blueprint("photos", __name__)

# A picture is a picture: whatever its bytes may say, no browser runs anything out of it.
SEALED_OFF = "default-src 'none'; sandbox"
FOR_A_YEAR = "private, max-age=31536000, immutable"  # the bytes under an id never change
NONE_CHOSEN = Say("Choose a photo first.")
NO_FILM_HERE = Say("Here only a photo can stand, no film.")
LIKE_ANOTHER = Say("Saved. A photo looks like one that was taken at another car: compare the two, or take a new one.")
OF_ANOTHER_FINDING = Say("This photo already shows another finding. Take a new one.")


@bp.app_template_filter()
def angle(name: str) -> Say | str:
    """What a photo of the round shows, in words."""
    return ANGLES.get(name, name)


def shelf() -> Shelf:
    """Where this house keeps its files."""
    return Shelf(current_app.config["SETTINGS"].data / "files")


# --------------------------------------------------------------------------- taken in


@bp.get("/visits/<id>/photos")
@allow(May.SEE_VISITS)
def gallery(id: Any) -> Response:  # noqa: A002
    """All photos of a visit, and the way to add one. The block ``photos`` is for other pages."""
    visit = find(Visit, id, sa.orm.joinedload(Visit.vehicle))
    return show("photos/gallery.html", "photos", visit=visit, angles=list(ANGLES.items()), pictures=of_visit(visit))


def develop(id: Any) -> list[tuple[bytes, Picture | Refused]]:  # noqa: A002
    """Make safe pictures of what was sent, before the database is asked for anything: this is the slow part."""
    sent = []
    for file in request.files.getlist("photos"):
        data = file.stream.read()
        file.stream.seek(0)
        if not (file.filename or data):
            continue
        try:
            sent.append((data, shot(data)))
        except Refused as refused:
            sent.append((data, refused))
    return sent


@bp.post("/visits/<id>/photos")
@allow(May.RECEIVE, May.SHOW_EVIDENCE, May.CHECK_QUALITY)
@beforehand(develop)
@again(gallery)
def add(id: Any) -> Response:  # noqa: A002
    """Photos from a camera: of the walk-around (``angle``), of a finding (``finding``, ``moment``), or as they are."""
    visit = find(Visit, id)
    taken = receive(visit, prepared())
    belong(visit, taken)
    saved = Say("Photo saved") if len(taken) == 1 else Say("{count} photos saved", count=len(taken))
    said = LIKE_ANOTHER if any_in_question(taken) else saved
    return changed(local(request.form.get("next"), url_for("photos.gallery", id=visit.id)), said=said)


def any_in_question(photos: Iterable[StoredFile]) -> bool:
    """Whether one of them, just shown as evidence, is like a photo of another car."""
    ids = [photo.id for photo in photos]
    return bool(ids) and db.session.scalar(sa.select(sa.func.count()).where(
        Likeness.photo_id.in_(ids), Likeness.of == LikenessOf.ANOTHER_CAR)) != 0


def receive(visit: Visit, sent: Sequence[tuple[bytes, Picture | Refused]]) -> list[StoredFile]:
    """What was sent, as photos of this visit. Raises Refused for none, and for one that is no photo: none is kept.

    A film stands for a finding, and nowhere else.
    """
    if not sent:
        raise Refused(photos=NONE_CHOSEN)
    if _purpose() is not Purpose.EVIDENCE and any(
            isinstance(picture, Picture) and picture.media_type == FILM_TYPE for _, picture in sent):
        raise Refused(photos=NO_FILM_HERE)
    for number, (_, picture) in enumerate(sent, start=1):
        if isinstance(picture, Refused):
            why = picture.sentences[0]
            raise Refused(photos=why if len(sent) == 1 else Say(
                "Photo {number} of {count}: {why}", number=number, count=len(sent), why=why))
    return [receive_photo(data, shelf=shelf(), store_id=visit.store_id, visit_id=visit.id, purpose=_purpose(), by=me(),
                          at=now(), picture=picture) for data, picture in sent if isinstance(picture, Picture)]


def _purpose() -> Purpose:
    if request.form.get("angle") == "interior":
        return Purpose.INTERIOR
    if request.form.get("angle"):
        return Purpose.WALKAROUND
    return next((kind for kind in Purpose if kind.value == request.form.get("purpose")
                 and kind not in (Purpose.SIGNATURE, Purpose.DOCUMENT)), Purpose.EVIDENCE)


def belong(visit: Visit, photos: Iterable[StoredFile]) -> None:
    """Put them where the form says. A photo sent again is where it was."""
    angle, finding = request.form.get("angle"), request.form.get("finding")
    for photo in photos:
        if angle:
            _to_the_sheet(visit, photo, angle)
        elif finding:
            _to_the_finding(visit, photo, finding)


def _to_the_sheet(visit: Visit, photo: StoredFile, angle: str) -> None:
    if angle not in ANGLES:
        raise Refused(angle=Say("Choose one of the angles."))
    sheet = visit.walkaround or Walkaround.begin(visit, by=me(), at=now())
    if all(known.photo_id != photo.id for known in sheet.photos):
        sheet.add_photo(photo, angle, by=me(), at=now())


def _to_the_finding(visit: Visit, photo: StoredFile, id: str) -> None:  # noqa: A002
    finding = find(Finding, id)
    if finding.visit_id != visit.id:
        abort(404)
    moment = Moment.AFTER if request.form.get("moment") == Moment.AFTER.value else Moment.BEFORE
    known = db.session.scalars(sa.select(FindingPhoto).where(FindingPhoto.photo_id == photo.id)).one_or_none()
    if known is None:
        finding.show(photo, moment, by=me(), at=now())
    elif known.finding_id != finding.id:
        raise Refused(photos=OF_ANOTHER_FINDING)


# --------------------------------------------------------------------------- looked at


def of_visit(visit: Visit) -> list[dict[str, Any]]:
    """The photos of a visit in the order they were taken, each with what it shows. One query."""
    rows = db.session.execute(
        sa.select(StoredFile.id, StoredFile.made_at, StoredFile.media_type, WalkaroundPhoto.angle, Finding.words,
                  FindingPhoto.moment)
        .outerjoin(WalkaroundPhoto, WalkaroundPhoto.photo_id == StoredFile.id)
        .outerjoin(FindingPhoto, FindingPhoto.photo_id == StoredFile.id)
        .outerjoin(Finding, Finding.id == FindingPhoto.finding_id)
        .where(StoredFile.store_id == visit.store_id, StoredFile.visit_id == visit.id,
               StoredFile.kind == FileKind.PHOTO)
        .order_by(StoredFile.made_at, StoredFile.id))
    return [{"id": row.id, "at": row.made_at, "moment": row.moment, "moves": row.media_type == FILM_TYPE,
             "shows": row.words or ANGLES.get(row.angle or "") or row.angle or Say("Photo of this visit")}
            for row in rows]


@bp.get("/photos/<uuid:id>")
@allow(May.SEE_VISITS)
def photo(id: Any) -> Response:  # noqa: A002
    """A photo or a signature of this store."""
    return picture(find(StoredFile, id))


@bp.get("/photos/<uuid:id>/thumb")
@allow(May.SEE_VISITS)
def thumb(id: Any) -> Response:  # noqa: A002
    """The same, 320 pixels at most."""
    return picture(find(StoredFile, id), small=True)


def picture(file: StoredFile, *, small: bool = False) -> Response:
    """The bytes of a picture, which the browser may keep but not run. Documents are not handed out here."""
    if file.kind is FileKind.DOCUMENT:
        abort(404)
    if file.removed_at is not None:
        return gone()
    small = small and file.thumb_sha256 is not None
    sha256, kind = (file.thumb_sha256 or file.sha256, "image/webp") if small else (file.sha256, file.media_type)
    if not shelf().holds(sha256):
        abort(404)
    response = send_file(shelf().path(sha256), kind, etag=sha256, conditional=True, last_modified=file.made_at)
    name = f"photo.{kind.partition('/')[2]}"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Content-Security-Policy"] = SEALED_OFF
    response.headers["Cache-Control"] = FOR_A_YEAR
    return response


def gone() -> Response:
    """In the place of a picture whose time is over (models/seal/retention.py): what became of it, in words."""
    words = escape(gettext("Removed when its time was over"))
    response = make_response(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240"><rect width="320" height="240" fill="#e9edef"/>'
        f'<text x="160" y="126" text-anchor="middle" font-family="sans-serif" font-size="18" fill="#444">{words}</text>'
        f'</svg>')
    response.content_type = "image/svg+xml"
    response.headers["Content-Security-Policy"] = SEALED_OFF
    response.headers["Cache-Control"] = "private, no-store"
    return response


@bp.app_errorhandler(NoRoom)
def no_room(full: NoRoom) -> Response:
    """The disk is full: nothing was kept."""
    return problem(507, [full.sentence], headers={"Retry-After": "60"})
