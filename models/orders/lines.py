"""Lines of an order and their versions. A line's content is in versions; its state follows from its acts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, hold, keep, key, many, one
from models.journey import Stage, Visit, act, record
from models.money import Fen
from models.orders.concessions import Concession, Discount, goodwill_of, limit_left, limit_of
from models.orders.kinds import FREE_WORDS, SETTLED, Answer, LineKind, LineState, Origin, PayType
from models.orders.versions import LineVersion, PartNeed
from models.people import May, Person
from models.words import Blocked, Named, Refused, Say

if TYPE_CHECKING:
    from models.catalogue import Part
    from models.consent import Decision
    from models.delivery import Charge
    from models.dispatch import Share
    from models.orders.order import RepairOrder
    from models.outside import Sublet
    from models.parts import Demand


class Line(Owned):
    """One thing to do, to supply or to offer. Its content is in versions; its state follows from its acts."""

    __tablename__ = "line"
    __table_args__ = (
        key("order_id", "repair_order"),
        sa.UniqueConstraint("order_id", "position"),
        # Withdrawal and beginning meet on this row: whoever is later is refused, on every engine.
        sa.CheckConstraint("withdrawn_at IS NULL OR begun_at IS NULL", name="withdrawn_before_begun"),
        sa.CheckConstraint("done_at IS NULL OR begun_at IS NOT NULL", name="done_after_begun"),
        sa.CheckConstraint("skipped_at IS NULL OR presented_at IS NULL", name="skipped_or_presented"),
    )
    owned_by = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(index=True)
    position: Mapped[int]
    kind: Mapped[LineKind]
    code: Mapped[str]
    origin: Mapped[Origin]
    package: Mapped[str | None]
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    added_at: Mapped[datetime]
    found_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    version_no: Mapped[int]
    presented_at: Mapped[datetime | None]
    skipped_at: Mapped[datetime | None]
    skipped_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    skip_reason: Mapped[str | None]
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]  # half done when the customer ended the contract (models/cancelling)
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    withdraw_reason: Mapped[str | None]
    brought: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # the customer's own part
    order: Mapped[RepairOrder] = one("RepairOrder.id == foreign(Line.order_id)", back_populates="lines")
    found_by: Mapped[Person | None] = one("Person.id == foreign(Line.found_by_id)")
    versions: Mapped[list[LineVersion]] = many("Line.id == foreign(LineVersion.line_id)", back_populates="line",
                                               order_by="LineVersion.no")
    demands: Mapped[list[Demand]] = many("Line.id == foreign(Demand.line_id)", back_populates="line",
                                         order_by="Demand.id")
    shares: Mapped[list[Share]] = many("Line.id == foreign(Share.line_id)", back_populates="line",
                                       order_by="Share.person_id")
    discounts: Mapped[list[Discount]] = many("Line.id == foreign(Discount.line_id)", back_populates="line",
                                             order_by="Discount.id")
    concessions: Mapped[list[Concession]] = many("Line.id == foreign(Concession.line_id)", back_populates="line",
                                                 order_by="Concession.id")
    sublet: Mapped[Sublet | None] = one("Line.id == foreign(Sublet.line_id)", back_populates="line", uselist=False)
    charge: Mapped[Charge | None] = one("Line.id == foreign(Charge.line_id)", back_populates="line", uselist=False)

    @property
    def journey(self) -> Visit:
        return self.order.visit

    @property
    def current(self) -> LineVersion:
        """The version that counts now."""
        return self.versions[-1]

    @property
    def label(self) -> Named:
        return Named(f"{self.code} {self.current.name_zh}", f"{self.code} {self.current.name_en}")

    @property
    def decision(self) -> Decision | None:
        """The latest decision on the current version."""
        return self.current.decisions[-1] if self.current.decisions else None

    @property
    def approval(self) -> Decision | None:
        """The decision that permits work, supply and billing, if there is one and it still holds."""
        decision = self.decision
        gone = self.withdrawn_at is not None or self.ended_at is not None
        holds = decision is not None and decision.answer is Answer.APPROVED and not gone
        return decision if holds else None

    @property
    def state(self) -> LineState:
        if self.charge is not None:
            return LineState.SETTLED
        if self.withdrawn_at is not None:
            return LineState.WITHDRAWN
        if self.ended_at is not None:
            return LineState.ENDED
        if self.skipped_at is not None:
            return LineState.SKIPPED
        decision = self.decision
        if decision is None:
            return LineState.PRESENTED if self.presented_at else LineState.LISTED
        if decision.answer is Answer.DECLINED:
            return LineState.DECLINED
        if self.done_at is not None:
            return LineState.DONE
        return LineState.IN_PROGRESS if self.begun_at else LineState.APPROVED

    def not_approved(self) -> Iterator[Say]:
        """Why this line may not be begun, supplied or billed; nothing if it may."""
        if self.withdrawn_at is not None:
            yield Say("“{line}” was withdrawn.", line=self.label)
        elif self.ended_at is not None:
            yield Say("The customer ended the contract; “{line}” goes no further.", line=self.label)
        elif self.decision is None:
            yield Say("The customer has not decided on “{line}” yet. Put it before them first.", line=self.label)
        elif self.decision.answer is Answer.DECLINED:
            yield Say("The customer struck “{line}”. It may only be done after a new approval.", line=self.label)

    @property
    def discounted(self) -> Fen:
        return Fen(sum(discount.amount for discount in self.discounts))

    # --- acts

    def _decided(self, by: Person | None) -> Iterator[Say]:
        if self.decision is not None or self.withdrawn_at is not None:
            yield Say("“{line}” is decided already.", line=self.label)

    def present(self, *, by: Person, at: datetime) -> None:
        """Shown to the customer, on a screen or on paper. The first time counts."""
        if self.presented_at is None and self.skipped_at is None:
            self.presented_at = at

    @act(May.PRESENT, guard=_decided, says="Due item not presented")
    def skip(self, reason: str, *, by: Person, at: datetime) -> None:
        """A due item is not put before the customer; the reason stays on record."""
        if self.presented_at is not None:
            raise Blocked(Say("The customer has already seen this item; they decide."))
        if not reason.strip():
            raise Blocked(Say("Say why this due item is not presented."))
        self.skipped_at, self.skipped_by_id, self.skip_reason = at, by.id, reason

    @act(May.WRITE_ORDER, says="Line changed: a new version waits for the customer")
    def revise(self, *, by: Person, at: datetime, quantity: int | None = None, std_hours: int | None = None,
               labour: Fen | None = None, parts: Fen | None = None, name_zh: str | None = None,
               name_en: str | None = None, needs: Iterable[tuple[Part, int]] | None = None, seen: int | None = None,
               granted: bool = False) -> LineVersion:
        """Any change of text, quantity, price or source is a new version that needs a decision of its own.

        Parts needed and hours go with the quantity unless told; prices are what the new version says in all. ``seen``
        is the version that whoever changes it had before them: on a newer one they are told. A price below that of
        the same quantity before is a discount and keeps to the limit of one's post, unless it was ``granted``.
        """
        old = self.current
        if seen is not None and seen != old.no:
            raise Blocked(Say("Somebody else changed “{line}” meanwhile: it is version {no} now, {amount}. Look at it, "
                              "then change it.", line=self.label, no=old.no, amount=old.amount))
        if not granted and goodwill_of(self) is not None:
            raise Blocked(Say("“{line}” was granted as goodwill as it stands. Take it off and write it anew.",
                              line=self.label))
        claim(self, Line.version_no == old.no, Line.begun_at.is_(None), Line.withdrawn_at.is_(None),
              otherwise=Say("“{line}” has begun or was changed by somebody else; it cannot be changed now.",
                            line=self.label),
              version_no=old.no + 1)
        pieces_now = old.quantity if quantity is None else quantity
        kept = [(need.part, need.quantity * pieces_now // old.quantity) for need in old.needs] \
            if needs is None else list(needs)
        hours = old.std_hours * pieces_now // old.quantity if std_hours is None else std_hours
        if self.order.pay_type is PayType.REWORK and (hours or labour or parts):
            raise Blocked(Say("Rework is free of charge and carries no hours."))
        now = (old.labour if labour is None else labour) + (old.parts if parts is None else parts)
        less = Fen(old.amount * pieces_now // old.quantity - now)
        if less > 0 and not granted and self.code != FREE_WORDS and less > limit_left(self, by):
            raise Blocked(Say("That is {amount} less than before, beyond your limit of {limit}. Ask for it as a "
                              "discount.", amount=less, limit=limit_of(self.store_id, by)))
        version = keep(LineVersion(
            line=self, no=old.no + 1, by_id=by.id, at=at,
            name_zh=old.name_zh if name_zh is None else name_zh, name_en=old.name_en if name_en is None else name_en,
            quantity=pieces_now, std_hours=hours,
            labour=old.labour if labour is None else labour, parts=old.parts if parts is None else parts))
        for part, pieces in kept:
            keep(PartNeed(version=version, part=part, quantity=pieces))
        self._cancel_demands(at)
        return version

    def recount(self, quantity: int, *, by: Person, at: datetime, seen: int | None = None) -> LineVersion:
        """More or fewer of the same, at the price of one as it stands. Raises Refused below one."""
        old = self.current
        if quantity < 1:
            raise Refused(quantity=Say("At least one. To have none of it, take the line off."))
        return self.revise(quantity=quantity, labour=Fen(old.labour * quantity // old.quantity),
                           parts=Fen(old.parts * quantity // old.quantity), granted=goodwill_of(self) is None,
                           seen=seen, by=by, at=at)

    def _cancel_demands(self, at: datetime) -> None:
        """Parts asked for on what no longer holds go back to the shelf's free stock."""
        from models.parts.demands import call_off  # parts stand on lines

        call_off(self.demands, at)

    def withdraw(self, reason: str, *, by: Person, at: datetime) -> None:
        """Take a line off before it begins. Fails for whoever is later than the first clock or the first part."""
        by.must(May.WRITE_ORDER, self.store_id)
        claim(self, Line.begun_at.is_(None), Line.withdrawn_at.is_(None),
              otherwise=Say("“{line}” has begun or is withdrawn already; it cannot be withdrawn.", line=self.label),
              withdrawn_at=at, withdrawn_by_id=by.id, withdraw_reason=reason)
        self._cancel_demands(at)
        record(self, "orders.withdraw", Say("“{line}” withdrawn before it began: {reason}", line=self.label,
                                            reason=reason), by=by, at=at)

    def put_back(self, *, by: Person, at: datetime) -> None:
        """A line that was taken off or left out before the customer decided on it counts again.

        What the customer had approved is not brought back by anybody but them: it is written and asked anew.
        """
        by.must(May.WRITE_ORDER, self.store_id)
        gone = Line.withdrawn_at.is_not(None) if self.withdrawn_at else Line.skipped_at.is_not(None)
        if self.decision is not None:
            raise Blocked(Say("The customer had decided on “{line}”. Write it anew and ask again.", line=self.label))
        if self.order.settlement is not None or self.order.visit.ended or self.order.visit.contract_ended_at:
            raise Blocked(SETTLED)
        claim(self, gone, Line.version_no == self.current.no,
              otherwise=Say("“{line}” stands on the order already.", line=self.label), withdrawn_at=None,
              withdrawn_by_id=None, withdraw_reason=None, skipped_at=None, skipped_by_id=None, skip_reason=None)
        record(self, "orders.put_back", Say("“{line}” is back on the order", line=self.label), by=by, at=at)

    def begin(self, *, at: datetime) -> None:
        """Work or supply begins on the version the customer approved."""
        claim(self, Line.withdrawn_at.is_(None), Line.ended_at.is_(None), Line.version_no == self.current.no,
              otherwise=Say("“{line}” was withdrawn or changed in this very moment. Look at the order again.",
                            line=self.label),
              begun_at=sa.func.coalesce(Line.begun_at, sa.literal(at, type_=Line.begun_at.type)))

    def _not_doable(self, by: Person | None) -> Iterator[Say]:
        yield from self.not_approved()
        if self.done_at is not None:
            yield Say("“{line}” is done already.", line=self.label)
        elif self.begun_at is None:
            yield Say("“{line}” has not begun. Clock on first.", line=self.label)

    @act(May.WORK, frm=(Stage.EVIDENCE, Stage.PARTS), guard=_not_doable, says="Line done")
    def finish(self, *, by: Person, at: datetime) -> None:
        """The work of this line is complete."""
        asked = [demand for demand in self.demands if demand.line_version_id == self.current.id]
        handed = {demand.needed_id for demand in asked} - {demand.needed_id for demand in asked if demand.open_quantity}
        for need in self.current.needs:
            if need.part_id not in handed:
                raise Blocked(Say("{part} for “{line}” has not been handed over.", part=need.part.named,
                                  line=self.label))
        claim(self, Line.ended_at.is_(None), otherwise=Say("The customer ended the contract; “{line}” goes no further.",
                                                           line=self.label), done_at=at)
        self.order.visit.vehicle.complete(self.code, line_id=self.id, by=by, at=at)

    def _not_undone(self, by: Person | None) -> Iterator[Say]:
        if self.done_at is None:
            yield Say("“{line}” is not done yet.", line=self.label)
        elif self.order.visit.contract_ended_at is not None:
            yield Say("The customer ended the contract; “{line}” goes no further.", line=self.label)

    @act(May.WORK, frm=(Stage.EVIDENCE, Stage.PARTS), guard=_not_undone, says="Line is not done after all")
    def not_done(self, *, by: Person, at: datetime) -> None:
        """It was called done by mistake. Once the car is at inspection, only the inspection sends it back."""
        claim(self, Line.done_at == self.done_at, done_at=None,
              otherwise=Say("“{line}” is not done yet.", line=self.label))

    def reopen(self, *, by: Person, at: datetime) -> None:
        """An inspection found fault with it: it is to be done again."""
        self.done_at = None
        record(self, "orders.reopen", Say("“{line}” goes back to be done again", line=self.label), by=by, at=at)

    def _no_discount(self, by: Person | None) -> Iterator[Say]:
        if self.charge is not None:
            yield SETTLED
        yield from self.not_approved()

    @act(May.DISCOUNT, guard=_no_discount, says="Discount given")
    def discount(self, amount: Fen, reason: str, *, by: Person, at: datetime) -> Discount:
        """Take something off a line, within the limit of one's post; reason and approver stay on record."""
        hold(self.order.visit)  # two discounts at once, or one beside the bill, would both fit
        if self.charge is not None:
            raise Blocked(SETTLED)
        if amount <= 0 or not reason.strip():
            raise Blocked(Say("A discount needs an amount and a reason."))
        if amount > limit_left(self, by):
            raise Blocked(Say("Your limit for discounts is {limit}. Ask for it: somebody with a higher one decides.",
                              limit=limit_of(self.store_id, by)))
        if self.discounted + amount > self.current.amount:
            raise Blocked(Say("The discount is larger than the line."))
        return keep(Discount(line=self, amount=amount, reason=reason, by_id=by.id, at=at))


def stand_of(lines: Iterable[Line]) -> str:
    """A short mark of these lines as they stand: another one when a line came, went or changed."""
    told = " ".join(f"{line.id}.{line.version_no}" for line in sorted(lines, key=lambda line: line.id))
    return hashlib.sha256(told.encode()).hexdigest()[:16]
