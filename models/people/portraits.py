"""The picture of a person on the sign-in page of the tablets."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import sqlalchemy as sa
from PIL import Image, ImageOps
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.people.persons import Person
from models.people.posts import May

SIDE = 320  # pixels, square; less of a smaller photo


class Portrait(Owned):
    """A picture of somebody; the latest one is shown. ``sha256`` is its place on the shelf."""

    __tablename__ = "portrait"
    __table_args__ = (key("person_id", "person"), sa.CheckConstraint("length(sha256) = 64", name="sha256"))
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(index=True)
    sha256: Mapped[str]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    made_at: Mapped[datetime]
    person: Mapped[Person] = one("Person.id == foreign(Portrait.person_id)")

    @classmethod
    def hang(cls, person: Person, sha256: str, *, by: Person, at: datetime) -> Portrait:
        """A new picture, by the person or a manager."""
        if by is not person:
            by.must(May.MANAGE, person.store_id)
        return keep(cls(store_id=person.store_id, person=person, sha256=sha256, made_by_id=by.id, made_at=at))


def squared(safe: bytes) -> bytes:
    """The upper middle of a photo that was made safe already, as a square WebP: where faces are."""
    with Image.open(BytesIO(safe)) as image:
        side = min(SIDE, *image.size)
        square = ImageOps.fit(image.convert("RGB"), (side, side), Image.Resampling.LANCZOS, centering=(.5, .35))
    out = BytesIO()
    square.save(out, "WEBP", quality=82)
    return out.getvalue()


def portraits(store_id: int | None = None, *, of: tuple[int, ...] = ()) -> dict[int, str]:
    """The latest picture of each of these people: person → SHA-256."""
    rows = sa.select(Portrait.person_id, Portrait.sha256).where(Portrait.person_id.in_(of)).order_by(Portrait.id)
    return {person: sha256 for person, sha256 in db.session.execute(
        rows.where(Portrait.store_id == store_id) if store_id is not None else rows)}
