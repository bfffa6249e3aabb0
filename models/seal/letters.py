"""The head of a store's chain leaves the house: a letter each day to somebody who does not look after the server."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, claim, db
from models.notices.notices import AGAIN_AFTER, CRASHED_AFTER, WAITS, SendingState
from models.seal.chain import SealHead
from models.stores import Store
from models.words import Say

TAKEN = Say("This message is being sent already.")


class SealLetter(Owned):
    """A letter with the end of the chain on a day of the store, and how far it has come. One a day."""

    __tablename__ = "seal_letter"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "day"),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_when"),
        sa.CheckConstraint("tries >= 0", name="tries"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]
    number: Mapped[int]
    seal: Mapped[str]
    address: Mapped[str]
    state: Mapped[SendingState]
    tries: Mapped[int]
    next_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    trouble: Mapped[str]

    def take(self, *, at: datetime) -> None:
        """It is in our hands now and in nobody else's. Raises Blocked when somebody was faster."""
        claim(self, SealLetter.state.in_(WAITS), SealLetter.tries == self.tries, SealLetter.next_at <= at,
              otherwise=TAKEN, state=SendingState.SENDING, tries=self.tries + 1, next_at=at + CRASHED_AFTER)

    def ends(self, state: SendingState, *, at: datetime, trouble: str = "") -> None:
        """The mail server has taken it, or it cannot go."""
        claim(self, SealLetter.state == SendingState.SENDING, SealLetter.tries == self.tries, otherwise=TAKEN,
              state=state, sent_at=at if state is SendingState.SENT else None, trouble=trouble[:200])

    def failed(self, trouble: str, *, at: datetime, for_good: bool = False) -> None:
        """It did not go: again later, unless that is hopeless or was tried too often. Tomorrow's says more anyway."""
        if for_good or self.tries > len(AGAIN_AFTER):
            self.ends(SendingState.FAILED, at=at, trouble=trouble)
            return
        claim(self, SealLetter.state == SendingState.SENDING, SealLetter.tries == self.tries, otherwise=TAKEN,
              state=SendingState.QUEUED, trouble=trouble[:200],
              next_at=at + timedelta(minutes=AGAIN_AFTER[self.tries - 1]))


def write_letters(at: datetime) -> None:
    """Each store that names an address gets the letter of its last day that is over, if anything was sealed since."""
    heads = {head.store_id: head for head in db.session.scalars(sa.select(SealHead).where(SealHead.number > 0))}
    for store in db.session.scalars(sa.select(Store).where(Store.id.in_(heads))).all():
        address, head = store.setting("seal_mail"), heads[store.id]
        local = store.local(at)
        day = local.date() if local.time() >= store.closes else local.date() - timedelta(days=1)
        last = db.session.execute(sa.select(SealLetter.day, SealLetter.number).where(SealLetter.store_id == store.id)
                                  .order_by(SealLetter.day.desc()).limit(1)).one_or_none()
        if not address or (last is not None and (last.day >= day or last.number == head.number)):
            continue
        insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
        db.session.execute(insert(SealLetter).values(
            store_id=store.id, day=day, number=head.number, seal=head.seal, address=address, tries=0, trouble="",
            state=SendingState.QUEUED, next_at=at).on_conflict_do_nothing())


def letters_due(at: datetime) -> list[int]:
    """The letters that may go now."""
    return list(db.session.scalars(sa.select(SealLetter.id).where(
        SealLetter.state.in_(WAITS), SealLetter.next_at <= at).order_by(SealLetter.next_at)))


def letters_of(store_id: int, since: date) -> dict[date, SealLetter]:
    """The letters of a store by their day."""
    return {letter.day: letter for letter in db.session.scalars(sa.select(SealLetter).where(
        SealLetter.store_id == store_id, SealLetter.day >= since))}
