"""What comes in (入库): against a purchase order or without one, what was right with it and what was not.

Nothing is ever changed: a row that was wrong is answered by a row that takes it back. Only good pieces go on the shelf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, many, one
from models.catalogue import Part, PartSource
from models.journey import record
from models.money import Fen
from models.orders import Line
from models.parts.book import put, take
from models.parts.coming import Coming, arrived, due_of
from models.parts.demands import hold_parts
from models.parts.purchases import Purchase
from models.parts.stock import Movement, Reason
from models.parts.suppliers import Supplier
from models.people import May, Person
from models.stores import Store, next_number
from models.words import Blocked, Refused, Say

TAKEN_BACK = Say("This has been taken back already.")
# Of a row that came in nothing is negative, of one that takes it back nothing is positive.
IN = "pieces >= 0 AND short >= 0 AND wrong >= 0 AND damaged >= 0 AND surplus >= 0 AND packed >= 0 AND sound >= 0"
BACK = "pieces <= 0 AND short <= 0 AND wrong <= 0 AND damaged <= 0 AND surplus <= 0 AND packed <= 0 AND sound <= 0"


class Sample(StrEnum):
    """Whether a piece was taken out and looked at closely."""

    NOT_DONE = auto()
    PASSED = auto()
    FAILED = auto()


class Fate(StrEnum):
    """What happens with pieces that were wrong or damaged."""

    SENT_BACK = auto()
    REPLACED = auto()     # the supplier brings others
    CREDITED = auto()     # kept or scrapped, and paid back
    UNDECIDED = auto()


class Arrival(Owned):
    """A delivery (入库单), under a number that is gapless in its store and year. ``emergency``: bought for one line."""

    __tablename__ = "arrival"
    __table_args__ = (
        key("purchase_id", "purchase"), key("supplier_id", "supplier"), key("line_id", "line"),
        sa.UniqueConstraint("store_id", "number"),
        sa.CheckConstraint("NOT emergency OR line_id IS NOT NULL", name="emergency_for_a_line"),
        sa.Index("uq_arrival_delivery_note", "store_id", "supplier_id", "delivery_note", unique=True,
                 sqlite_where=sa.text("delivery_note <> '' AND NOT emergency"),
                 postgresql_where=sa.text("delivery_note <> '' AND NOT emergency")),
        sa.Index("ix_arrival_store_at", "store_id", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    purchase_id: Mapped[int | None] = mapped_column(index=True)
    supplier_id: Mapped[int | None]
    line_id: Mapped[int | None]
    emergency: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    delivery_note: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    purchase: Mapped[Purchase | None] = one("Purchase.id == foreign(Arrival.purchase_id)")
    supplier: Mapped[Supplier | None] = one("Supplier.id == foreign(Arrival.supplier_id)")
    line: Mapped[Line | None] = one("Line.id == foreign(Arrival.line_id)")
    by: Mapped[Person] = one("Person.id == foreign(Arrival.by_id)")
    rows: Mapped[list[ArrivalRow]] = many("Arrival.id == foreign(ArrivalRow.arrival_id)", back_populates="arrival",
                                          order_by="ArrivalRow.id")

    @classmethod
    def open(cls, store_id: int, *, purchase: Purchase | None = None, supplier: Supplier | None = None,
             delivery_note: str = "", line: Line | None = None, note: str = "", by: Person, at: datetime) -> Arrival:
        """A delivery has come; the same delivery note of the same supplier is the same delivery.

        Raises Blocked for an order that has not been sent, or another supplier's.
        """
        by.must(May.BUY_PARTS, store_id)
        if purchase is not None:
            if purchase.sent_at is None:
                raise Blocked(Say("{number} is still a draft. Send it first, so that it is known what was ordered.",
                                  number=purchase.number))
            supplier = purchase.supplier
        store = db.session.get_one(Store, store_id)
        number = next_number(store.id, f"GR{store.day(at):%y}", width=4)
        if supplier is not None and delivery_note and line is None:
            there = db.session.scalars(sa.select(cls).where(
                cls.store_id == store_id, cls.supplier_id == supplier.id, cls.delivery_note == delivery_note,
                cls.emergency.is_(False))).one_or_none()
            if there is not None:
                raise Blocked(Say("Delivery note {note} of {supplier} is being taken in as {number}. Go on there.",
                                  note=delivery_note, supplier=supplier.name, number=there.number))
        return keep(cls(store_id=store_id, number=number, purchase=purchase, supplier=supplier, line=line,
                        emergency=line is not None, delivery_note=delivery_note, note=note, by=by, by_id=by.id, at=at))

    def take_in(self, told: Taken, *, by: Person, at: datetime) -> ArrivalRow:
        """One part of the delivery: what is good goes on the shelf, the rest is noted with what happens to it.

        Raises Refused by the name of the field, Blocked when a colleague was faster.
        """
        by.must(May.BUY_PARTS, self.store_id)
        told.check()
        self.hold()
        hold_parts([told.part.id])
        if self.line is None and not told.one_more:
            self._not_twice(told.part)
        due = due_of(told.part, self.purchase)
        if told.seen is not None and told.seen != due:
            raise Blocked(Say("Somebody has just taken in some of {part}: {count} are still due. Look again.",
                              part=told.part.named, count=due))
        moved = put(told.part, told.good, Reason.RECEIPT, unit_cost=told.unit_cost, by=by, at=at, line=self.line,
                    note=" · ".join(filter(None, (self.note, self.delivery_note or self.number if self.purchase or
                                                  self.supplier else ""))), bin=told.bin or None,
                    lot=told.lot) if told.good else None
        row = keep(ArrivalRow(
            arrival=self, part=told.part, movement=moved, due=due if self.purchase else None, pieces=told.good,
            short=told.short, wrong=told.wrong, damaged=told.damaged,
            surplus=max(0, told.good - due) if self.purchase else 0, packed=told.intact(told.packed),
            sound=told.intact(told.sound), sample=told.sample, fate=told.fate, unit_cost=told.unit_cost,
            source=told.part.source, bin=moved.bin if moved else "", lot=told.lot, note=told.note, by=by, by_id=by.id,
            at=at))
        if told.good and self.line is None:  # what was bought at once elsewhere brings nothing of what was ordered
            for coming, pieces in arrived(told.part, told.good, self.purchase, supplier_id=self.supplier_id):
                keep(Filled(row=row, coming=coming, pieces=pieces))
        if told.defect:
            Defect.claim(row, told.defect, by=by, at=at)
        if self.line is not None:
            record(self.line, "parts.receive", Say("{count} × {part} bought in", count=told.good,
                                                   part=told.part.named), by=by, at=at)
        return row

    def hold(self) -> None:
        """Nobody else takes in or takes back anything of this delivery until we are done."""
        db.session.flush()
        db.session.execute(sa.select(Arrival.id).where(Arrival.id == self.id).with_for_update())

    def _not_twice(self, part: Part) -> None:
        """The same part twice in one delivery is a slip, unless somebody says that it is one more box."""
        back = sa.orm.aliased(ArrivalRow)
        there = db.session.scalar(sa.select(sa.func.sum(ArrivalRow.pieces)).where(
            ArrivalRow.arrival_id == self.id, ArrivalRow.part_id == part.id, ArrivalRow.reverses_id.is_(None),
            ~sa.exists().where(back.reverses_id == ArrivalRow.id)))
        if there is not None:
            raise Blocked(Say("{part} has been taken in with this delivery already: {count} pieces. If this is one "
                              "more box, say so below.", part=part.named, count=int(there)))


class ArrivalRow(Owned):
    """A part of a delivery. ``pieces`` are the good ones, ``due`` how many the order still had open, ``short`` stand on
    the delivery note and are not in the box, ``surplus`` of the good ones were not ordered.

    Of all pieces in the box (good, wrong and damaged) ``packed`` came in whole packing and ``sound`` look as they
    should. A row that takes another one back ``reverses`` it, with everything negative. ``source`` is the part's at
    that time.
    """

    __tablename__ = "arrival_row"
    __table_args__ = (
        key("arrival_id", "arrival"), key("part_id", "part"), key("movement_id", "movement"),
        key("reverses_id", "arrival_row"),
        sa.UniqueConstraint("reverses_id"), sa.UniqueConstraint("movement_id"),
        sa.CheckConstraint(f"CASE WHEN reverses_id IS NULL THEN {IN} ELSE {BACK} END", name="in_or_back"),
        sa.CheckConstraint("abs(packed) <= abs(pieces + wrong + damaged) AND "
                           "abs(sound) <= abs(pieces + wrong + damaged)", name="of_what_was_in_the_box"),
        sa.CheckConstraint("(wrong + damaged = 0) = (fate IS NULL)", name="fate_of_what_was_not_good"),
        sa.CheckConstraint("(pieces = 0) = (movement_id IS NULL)", name="good_pieces_move"),
        sa.Index("ix_arrival_row_part", "part_id", "at"),
        sa.Index("ix_arrival_row_store_at", "store_id", "at"),
    )
    owned_by = "arrival"
    id: Mapped[int] = mapped_column(primary_key=True)
    arrival_id: Mapped[int] = mapped_column(index=True)
    part_id: Mapped[int]
    movement_id: Mapped[int | None]
    reverses_id: Mapped[int | None]
    due: Mapped[int | None]
    pieces: Mapped[int]
    short: Mapped[int] = mapped_column(default=0)
    wrong: Mapped[int] = mapped_column(default=0)
    damaged: Mapped[int] = mapped_column(default=0)
    surplus: Mapped[int] = mapped_column(default=0)
    packed: Mapped[int]
    sound: Mapped[int]
    sample: Mapped[Sample] = mapped_column(default=Sample.NOT_DONE)
    fate: Mapped[Fate | None]
    unit_cost: Mapped[Fen]
    source: Mapped[PartSource]
    bin: Mapped[str] = mapped_column(default="")
    lot: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    arrival: Mapped[Arrival] = one("Arrival.id == foreign(ArrivalRow.arrival_id)", back_populates="rows")
    part: Mapped[Part] = one("Part.id == foreign(ArrivalRow.part_id)")
    movement: Mapped[Movement | None] = one("Movement.id == foreign(ArrivalRow.movement_id)")
    by: Mapped[Person] = one("Person.id == foreign(ArrivalRow.by_id)")
    reverses: Mapped[ArrivalRow | None] = one("ArrivalRow.id == foreign(ArrivalRow.reverses_id)",
                                              remote_side="ArrivalRow.id", back_populates="taken_back")
    taken_back: Mapped[ArrivalRow | None] = one("ArrivalRow.id == foreign(ArrivalRow.reverses_id)", uselist=False,
                                                back_populates="reverses")
    defects: Mapped[list[Defect]] = many("ArrivalRow.id == foreign(Defect.row_id)", back_populates="row",
                                         order_by="Defect.id")
    filled: Mapped[list[Filled]] = many("ArrivalRow.id == foreign(Filled.row_id)", back_populates="row",
                                        order_by="Filled.id")

    @property
    def in_the_box(self) -> int:
        """All pieces that came, good or not."""
        return self.pieces + self.wrong + self.damaged

    def reverse(self, why: str, *, by: Person, at: datetime) -> ArrivalRow:
        """It was taken in by mistake: a row that takes it back, for what it came in at; what it filled is due again.

        Raises Refused without a reason, Blocked when it was taken back already or the pieces lie there no more.
        """
        by.must(May.BUY_PARTS, self.store_id)
        if not why:
            raise Refused(why=Say("Say what was wrong with it."))
        self.arrival.hold()
        db.session.refresh(self, attribute_names=["taken_back"])
        if self.reverses_id is not None or self.taken_back is not None:
            raise Blocked(TAKEN_BACK)
        hold_parts([self.part_id])
        moved = take(self.part, self.pieces, Reason.REVERSAL, by=by, at=at, line=self.arrival.line, bin=self.bin,
                     lot=self.lot, note=f"{self.arrival.number} · {why}", lost=True,
                     worth=self.movement.amount if self.movement else None)[0] if self.pieces else None
        back = keep(ArrivalRow(
            arrival=self.arrival, part=self.part, movement=moved, reverses=self, due=self.due, pieces=-self.pieces,
            short=-self.short, wrong=-self.wrong, damaged=-self.damaged, surplus=-self.surplus, packed=-self.packed,
            sound=-self.sound, sample=self.sample, fate=self.fate, unit_cost=self.unit_cost, source=self.source,
            bin=self.bin, lot=self.lot, note=why, by=by, by_id=by.id, at=at))
        for one_ in self.filled:
            db.session.execute(sa.update(Coming).where(Coming.id == one_.coming_id)
                               .values(arrived=Coming.arrived - one_.pieces))
            keep(Filled(row=back, coming_id=one_.coming_id, pieces=-one_.pieces))
        return back


class Filled(Owned):
    """How many pieces of what was ordered a row of a delivery has brought; negative when it was taken back."""

    __tablename__ = "filled"
    __table_args__ = (key("row_id", "arrival_row"), key("coming_id", "coming"),
                      sa.CheckConstraint("pieces <> 0", name="some"), sa.Index("ix_filled_coming", "coming_id"))
    owned_by = "row"
    id: Mapped[int] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(index=True)
    coming_id: Mapped[int]
    pieces: Mapped[int]
    row: Mapped[ArrivalRow] = one("ArrivalRow.id == foreign(Filled.row_id)", back_populates="filled")
    coming: Mapped[Coming] = one("Coming.id == foreign(Filled.coming_id)")


class Defect(Owned):
    """A fault in the quality of what was received: seen when it came, or claimed later, after it was fitted."""

    __tablename__ = "defect"
    __table_args__ = (key("row_id", "arrival_row"), sa.CheckConstraint("pieces > 0", name="some"))
    owned_by = "row"
    id: Mapped[int] = mapped_column(primary_key=True)
    row_id: Mapped[int] = mapped_column(index=True)
    pieces: Mapped[int]
    words: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    row: Mapped[ArrivalRow] = one("ArrivalRow.id == foreign(Defect.row_id)", back_populates="defects")
    by: Mapped[Person] = one("Person.id == foreign(Defect.by_id)")

    @classmethod
    def claim(cls, row: ArrivalRow, words: str, *, pieces: int = 1, by: Person, at: datetime) -> Defect:
        """Pieces of this row are faulty. Raises Refused for no words or too many, Blocked when taken back."""
        by.must(May.BUY_PARTS, row.part.store_id)
        if not words:
            raise Refused(words=Say("Say what is wrong with it."))
        if row.reverses_id is not None or row.taken_back is not None:
            raise Blocked(TAKEN_BACK)
        if not 0 < pieces <= row.in_the_box:
            raise Refused(pieces=Say("{count} came in with it. Type no more than that.", count=row.in_the_box))
        return keep(cls(row=row, words=words, pieces=pieces, by=by, by_id=by.id, at=at))


@dataclass(frozen=True)
class Taken:
    """What was found in the box of one part. ``packed`` and ``sound`` None: all of them; ``seen`` is what was still due
    when the page was read; ``one_more``: this part came in several boxes."""

    part: Part
    good: int
    unit_cost: Fen
    short: int = 0
    wrong: int = 0
    damaged: int = 0
    packed: int | None = None
    sound: int | None = None
    sample: Sample = Sample.NOT_DONE
    fate: Fate | None = None
    defect: str = ""
    bin: str = ""
    lot: str = ""
    note: str = ""
    seen: int | None = None
    one_more: bool = False

    def intact(self, told: int | None) -> int:
        """How many of all in the box are so; without a word, all but the damaged."""
        return self.good + self.wrong if told is None else told

    def check(self) -> None:
        """Raises Refused for what cannot be."""
        wrong = {field: say for field, say in self._wrong()}
        if wrong:
            raise Refused(**wrong)

    def _wrong(self) -> Iterator[tuple[str, Say]]:
        box = self.good + self.wrong + self.damaged
        if min(self.good, self.short, self.wrong, self.damaged) < 0 or self.unit_cost < 0:
            yield "quantity", Say("Quantity, hours and prices cannot be negative.")
        elif not box and not self.short:
            yield "quantity", Say("Type how many pieces came.")
        if self.part.lots and self.good and not self.lot:
            yield "lot", Say("The lots of {part} are told apart. Type the lot that stands on the packing.",
                             part=self.part.named)
        if (self.wrong or self.damaged) and self.fate is None:
            yield "fate", Say("Say what happens with the pieces that are not good.")
        if not self.wrong and not self.damaged and self.fate is not None:
            yield "fate", Say("All pieces are good; there is nothing to decide.")
        for field, told in (("packed", self.packed), ("sound", self.sound)):
            if told is not None and not 0 <= told <= box:
                yield field, Say("{count} came in with it. Type no more than that.", count=box)
        if (self.defect or self.sample is not Sample.NOT_DONE) and not box:
            yield "quantity", Say("Type how many pieces came.")
