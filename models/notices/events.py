"""Which event is told to the customer, in which words, and until when that makes sense."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from models.journey import Event, Stage, Visit
from models.journey.acts import HEARD
from models.notices.notices import tell
from models.people import Person
from models.vehicles import CustomerKind
from models.words import Say


@dataclass(frozen=True)
class Telling:
    """What one event says to the customer (None where there is nothing to tell), and for how many hours it is so."""

    says: Callable[[Visit], Say | None]
    hours: int


def _asked(visit: Visit) -> Say | None:
    """From afar only: at reception the customer stands beside the tablet."""
    if visit.stage in (Stage.ORDERS, Stage.CONSENT):
        return None
    return Say("Something was found at your car. Please look at it and decide:")


def _promised(visit: Visit) -> Say | None:
    """The first promise is given face to face; every later one has to reach them."""
    return Say("Your car will be ready by {when}.", when=visit.promised_at) if len(visit.promises) > 1 else None


TOLD: dict[str, Telling] = {
    "links.make": Telling(lambda _: Say("Follow your car here:"), hours=12),
    "consent.ask": Telling(_asked, hours=12),
    "journey.promise": Telling(_promised, hours=12),
    "journey.make_ready": Telling(lambda _: Say("Your car is ready."), hours=24),
}


def hear(event: Event, visit: Visit | None, by: Person | None) -> None:
    """An event has been written: tell the customer if it is one that is told. The store tells itself nothing."""
    telling = TOLD.get(event.key)
    if telling is None or visit is None or visit.vehicle.owner.kind is CustomerKind.STORE:
        return
    if (says := telling.says(visit)) is not None:
        tell(visit, event.key, says, by=by, at=event.at,
             until=event.at + timedelta(hours=telling.hours))


HEARD.append(hear)
