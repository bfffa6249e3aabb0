"""Taken back: a booked car that was noted as here, as not come, or as called off, and was not.

The moves of ``visits`` lead on; these lead back to the booking, as long as nobody has acted on what was noted. Nothing
is erased: what was noted and that it was taken back both stay in the history.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from models.base import claim
from models.journey.acts import record
from models.journey.stages import Ending, Stage
from models.journey.visits import Visit
from models.people import May, Person
from models.words import Blocked, Say

TOO_LATE = Say("It is too late to take this back: work on this visit has gone on.")


def expect_again(visit: Visit, *, by: Person, at: datetime) -> None:
    """The car is not here after all, or the appointment holds after all: it is expected again.

    Raises Blocked once the customer was greeted or the walk-around begun.
    """
    by.must(May.RECEIVE if visit.ended is None else May.BOOK, visit.store_id)
    untouched = sa.and_(Visit.greeted_at.is_(None), Visit.reception_started_at.is_(None))
    if visit.ended is not None:
        noted = sa.and_(Visit.stage == Stage.BOOKING, Visit.ended.in_((Ending.NO_SHOW, Ending.CANCELLED)))
    else:
        noted = sa.and_(Visit.stage == Stage.WALKAROUND, untouched)
        if visit.orders or visit.concerns:
            raise Blocked(TOO_LATE)
    claim(visit, noted, otherwise=TOO_LATE, stage=Stage.BOOKING, stage_since=at, ended=None, ended_at=None,
          arrived_at=None, ticket=None)
    record(visit, "journey.expect_again", Say("Taken back: the car is expected"), by=by, at=at)
