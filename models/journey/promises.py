"""The promised times of a visit."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, key, one

if TYPE_CHECKING:
    from models.journey.visits import Visit


class Promise(Owned):
    """A time the customer agreed to. The first one and every later one stay on record."""

    __tablename__ = "promise"
    __table_args__ = (key("visit_id", "visit"), sa.CheckConstraint("ready_by >= at", name="lies_ahead"))
    owned_by = "visit"
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(index=True)
    ready_by: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    visit: Mapped[Visit] = one("Visit.id == foreign(Promise.visit_id)", back_populates="promises")
