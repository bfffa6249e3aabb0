"""The store: its clock, opening hours, bays, settings, and gapless document numbers.

What each setting means, its unit and its bounds are declared in models/setup/settings/declared.py; how it changes, in
models/setup/changes.py.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, db
from models.money import Fen


class Store(Base):
    """One 4S store. Rates are in fen per hour; ``settings`` overrides the defaults below."""

    __tablename__ = "store"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    timezone: Mapped[str] = mapped_column(default="Asia/Shanghai")
    opens: Mapped[time] = mapped_column(default=time(8, 30))
    closes: Mapped[time] = mapped_column(default=time(17, 30))
    lunch_from: Mapped[time] = mapped_column(default=time(12))
    lunch_to: Mapped[time] = mapped_column(default=time(13))
    labour_rate: Mapped[Fen]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Made to be tried and to be removed again in one step; see models/setup/sample.py.
    sample: Mapped[bool] = mapped_column(default=False, server_default=sa.false())

    # What a store may decide for itself, and what holds until it does.
    DEFAULTS: ClassVar[dict[str, Any]] = {
        "prelisted_at_most": 3,
        "followup_within_days": 3,
        "no_show_after_minutes": 30,
        "link_days_after_delivery": 30,
        "lock_after_minutes": 5,
        "closed_weekdays": [],
        "inspection_minutes": 0,
        "wash_minutes": 0,
        "telephone_consent": "no",
        "second_factor": "required",
        "parts_taker": "tap",
        "parts_self": "no",
        "parts_minutes": 10,
        "paper_head": "",
        "paper_foot": "",
        "logo": "",
        "seal_mail": "",
        "look_self": [],
        "look_quality": [],
        "look_final": [],
        "finding_words": [],
        "check_points": [],
        # What stands out in how customers decide: see models/watch.
        "watch_days": 30,
        "watch_lines": 50,
        "watch_struck_percent": 5,
        "watch_quick_seconds": 20,
        "watch_device_percent": 100,
        "watch_one_percent": 90,
        "watch_needed_percent": 98,
        "watch_open_hours": 24,
        "discount_limit_fen": {"advisor": 0, "advisor_lead": 5_000, "parts_manager": 5_000, "service_manager": 100_000},
        "count_limit_fen": {"parts_clerk": 30_000, "parts_manager": 200_000},
    }

    def setting(self, name: str) -> Any:
        """A setting of this store. Raises KeyError for a name that is not declared."""
        return self.settings.get(name, self.DEFAULTS[name])

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def local(self, at: datetime) -> datetime:
        """A moment on the store's wall clock."""
        return at.astimezone(self.zone)

    def day(self, at: datetime) -> date:
        """The store's calendar day of a moment: the one function that decides it."""
        return self.local(at).date()

    def moment(self, day: date, clock: time = time(0)) -> datetime:
        """The moment of a wall-clock time on a day of the store."""
        return datetime.combine(day, clock, tzinfo=self.zone)

    def is_closed(self, day: date) -> bool:
        """Whether the store has this day of the week off."""
        return day.isoweekday() in self.setting("closed_weekdays")

    def span(self, first: date, last: date) -> tuple[datetime, datetime]:
        """From the start of ``first`` to the end of ``last``: start inclusive, end exclusive (E9)."""
        return self.moment(first), self.moment(last + timedelta(days=1))


class Bay(Owned):
    """A place to work on a car. Wash bays do not count as bays in figures. A bay is retired, never deleted."""

    __tablename__ = "bay"
    __table_args__ = (sa.UniqueConstraint("store_id", "code"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    kind: Mapped[str] = mapped_column(default="mechanical")
    places: Mapped[int] = mapped_column(default=1)
    retired_on: Mapped[date | None]


class Counter(Base):
    """The last number given in a series of a store; gapless because it is raised in the document's transaction."""

    __tablename__ = "counter"
    store_id: Mapped[int] = mapped_column(sa.ForeignKey("store.id"), primary_key=True)
    series: Mapped[str] = mapped_column(primary_key=True)
    last: Mapped[int]


def next_number(store_id: int, series: str, *, width: int = 2) -> str:
    """The next document number of a series, e.g. 'RO260318-07'. Waits for a colleague's number to settle."""
    session = db.session
    raised = (
        sa.update(Counter).where(Counter.store_id == store_id, Counter.series == series)
        .values(last=Counter.last + 1).returning(Counter.last)
    )
    number = session.execute(raised, execution_options={"synchronize_session": False}).scalar()
    if number is None:
        try:
            with session.begin_nested():
                session.execute(sa.insert(Counter).values(store_id=store_id, series=series, last=1))
            number = 1
        except sa.exc.IntegrityError:
            number = session.execute(raised, execution_options={"synchronize_session": False}).scalar_one()
    return f"{series}-{number:0{width}d}"
