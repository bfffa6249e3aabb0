"""The ten stages, the endings, and the classes of visits."""

from __future__ import annotations

from enum import StrEnum, auto


class Stage(StrEnum):
    """Where the car is. Waiting for an approval, a part or help is derived and may be parallel."""

    BOOKING = auto()     # expected, not here yet
    WALKAROUND = auto()  # arrived; greeted and walked around
    ORDERS = auto()      # the order is being written
    CONSENT = auto()     # the customer is deciding
    DISPATCH = auto()    # approved; waits for a technician and a bay
    EVIDENCE = auto()    # at the bay, open: work and what it shows
    PARTS = auto()       # put aside at the bay until a part is there
    QUALITY = auto()     # three inspections
    DELIVERY = auto()    # wash, ready, settlement, key
    FOLLOWUP = auto()    # gone; to be called


class Ending(StrEnum):
    """How a visit ended."""

    CLOSED = auto()
    CANCELLED = auto()
    NO_SHOW = auto()


class VisitClass(StrEnum):
    """The trade's classes of visits that decide what is due and what is counted where."""

    MAINTENANCE = auto()
    MAINTENANCE_REPAIR = auto()
    REPAIR = auto()
    MINOR = auto()
    WARRANTY = auto()
    PDI = auto()
    REWORK = auto()
    ACCIDENT = auto()


STAGES: dict[Stage, str] = {
    Stage.BOOKING: "Booking", Stage.WALKAROUND: "Walk-around", Stage.ORDERS: "Order", Stage.CONSENT: "Consent",
    Stage.DISPATCH: "Dispatch", Stage.EVIDENCE: "At the bay", Stage.PARTS: "Parts", Stage.QUALITY: "Quality",
    Stage.DELIVERY: "Delivery", Stage.FOLLOWUP: "Follow-up",
}
