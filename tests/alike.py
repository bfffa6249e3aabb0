"""A photo in question, for the tours over every page and every act: the same picture at two cars."""

from __future__ import annotations

import io
import random
from datetime import datetime

import sqlalchemy as sa
from PIL import Image, ImageDraw

from models.base import db, keep
from models.evidence import Finding, FindingGrade, Likeness, Moment
from models.files import Purpose, Shelf, receive_photo
from models.journey import Visit
from models.people import Person


def a_likeness(here: Visit, there: Visit, shelf: Shelf, *, by: Person, at: datetime, seed: str = "") -> Likeness:
    """What was photographed ``there`` is shown ``here`` as well, smaller. Another ``seed``, another picture."""
    for visit, wide in ((there, 640), (here, 600)):
        out = io.BytesIO()
        _picture(seed).resize((wide, wide * 3 // 4)).save(out, "JPEG")
        photo = receive_photo(out.getvalue(), shelf=shelf, store_id=visit.store_id, visit_id=visit.id, by=by, at=at,
                              purpose=Purpose.EVIDENCE)
        finding = keep(Finding(visit=visit, words="节气门积碳", grade=FindingGrade.SOON, by_id=by.id, at=at))
        finding.show(photo, Moment.BEFORE)
    db.session.flush()
    return db.session.scalars(sa.select(Likeness).where(Likeness.visit_id == here.id)).one()


def _picture(seed: str) -> Image.Image:
    rng = random.Random(seed)  # noqa: S311
    image = Image.new("RGB", (640, 480), (60, 62, 66))
    pen = ImageDraw.Draw(image)
    for at in range(9):
        x, y = rng.randint(40, 600), rng.randint(40, 440)
        pen.circle((x, y), 90 - 8 * at, fill=(30 + 24 * at, 40 + 20 * at, 120 - 10 * at), outline=(220, 210, 190))
        pen.line([(x, y), (rng.randint(0, 640), at * 60)], fill=(200 - 20 * at, 180, 150), width=9)
    return image
