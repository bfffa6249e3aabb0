"""What exactly the customer decides on: the versions of a line, and the parts each needs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, key, many, one
from models.money import Fen

if TYPE_CHECKING:
    from models.catalogue import Part, PartSource
    from models.consent import Decision
    from models.orders.lines import Line


class LineVersion(Owned):
    """What exactly the customer decides on: text, quantity, hours (hundredths), labour and parts in fen."""

    __tablename__ = "line_version"
    __table_args__ = (
        key("line_id", "line"),
        sa.UniqueConstraint("line_id", "no"),
        # What a bill may not exceed is looked up by the foreign key of the charge.
        sa.UniqueConstraint("id", "labour", "parts"),
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("labour >= 0 AND parts >= 0 AND std_hours >= 0", name="not_negative"),
    )
    owned_by = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int]
    no: Mapped[int]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    quantity: Mapped[int]
    std_hours: Mapped[int]
    labour: Mapped[Fen]
    parts: Mapped[Fen]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    line: Mapped[Line] = one("Line.id == foreign(LineVersion.line_id)", back_populates="versions")
    needs: Mapped[list[PartNeed]] = many("LineVersion.id == foreign(PartNeed.line_version_id)",
                                         back_populates="version", order_by="PartNeed.id")
    decisions: Mapped[list[Decision]] = many("LineVersion.id == foreign(Decision.line_version_id)",
                                             back_populates="version", order_by="Decision.id")

    @property
    def amount(self) -> Fen:
        return self.labour + self.parts

    @property
    def sources(self) -> list[PartSource]:
        """Where its parts come from, each source once: what the customer has a right to know."""
        return list(dict.fromkeys(need.part.source for need in self.needs))


class PartNeed(Owned):
    """A part this version of a line needs, and how many."""

    __tablename__ = "part_need"
    __table_args__ = (key("line_version_id", "line_version"), key("part_id", "part"),
                      sa.UniqueConstraint("line_version_id", "part_id"),
                      sa.CheckConstraint("quantity > 0", name="quantity"))
    owned_by = "version"
    id: Mapped[int] = mapped_column(primary_key=True)
    line_version_id: Mapped[int]
    part_id: Mapped[int]
    quantity: Mapped[int]
    version: Mapped[LineVersion] = one("LineVersion.id == foreign(PartNeed.line_version_id)", back_populates="needs")
    part: Mapped[Part] = one("Part.id == foreign(PartNeed.part_id)")
