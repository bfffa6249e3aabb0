"""What is watched: each kind with its cases, the setting it is held against, and when it stands out.

Nothing of this is an accusation. Each kind counts cases of a measure, so that it opens into the very cases counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from fractions import Fraction

from models.measures import Case, Measure, consent, offers
from models.stores import Store
from models.words import Say

CHANCE = Fraction(1, 1000)  # what happens by chance less often than this is told


class WatchKind(StrEnum):
    """What can stand out."""

    FEW_STRUCK = auto()
    QUICK_DECISIONS = auto()
    OUR_DEVICES_ONLY = auto()
    ONE_ADVISOR = auto()
    ALWAYS_NEEDED = auto()
    LEFT_OPEN = auto()


class Of(Enum):
    """Whose cases are looked at: the store's and, if they do not stand out, each person's; or only one of these."""

    BOTH = auto()
    PEOPLE = auto()
    STORE = auto()


@dataclass(frozen=True)
class Counts:
    """So many of so many; of one person beside everybody else's (nobody else's for the store as a whole)."""

    part: int
    whole: int
    others_part: int = 0
    others_whole: int = 0


def few(told: Counts, limit: Fraction, least: int) -> bool:
    """Below the setting; or below half of the colleagues' share, they have cases enough, and it is hardly chance."""
    if told.part < limit * told.whole:
        return True
    return (told.others_whole >= least and told.part * told.others_whole * 2 < told.others_part * told.whole
            and chance(told.part, told.whole, told.others_part, told.others_whole) < CHANCE)


def many(told: Counts, limit: Fraction, least: int) -> bool:
    """At the setting or above it."""
    return told.part >= limit * told.whole


def most(told: Counts, limit: Fraction, least: int) -> bool:
    """More than half: the median lies on that side."""
    return told.part * 2 > told.whole


def alone(told: Counts, limit: Fraction, least: int) -> bool:
    """Of all of these so many are one person's; the others have cases enough, and it is hardly chance."""
    return (told.part >= limit * (told.part + told.others_part) and told.others_whole >= least
            and chance(told.others_part, told.others_whole, told.part, told.whole) < CHANCE)


def any_at_all(told: Counts, limit: Fraction, least: int) -> bool:
    return told.part > 0


def chance(part: int, whole: int, others_part: int, others_whole: int) -> Fraction:
    """How often at most ``part`` of ``whole`` come about by chance, when as many as there are in all fall on anybody's
    cases alike; exact (Fisher's test, one-sided)."""
    marked, all_ = part + others_part, whole + others_whole
    ways = sum(math.comb(whole, k) * math.comb(others_whole, marked - k)
               for k in range(max(0, marked - others_whole), part + 1))
    return Fraction(ways, math.comb(all_, marked))


def _sent(case: Case, store: Store) -> datetime:
    at: datetime = case.facts.at
    return at


def _overdue(case: Case, store: Store) -> datetime:
    """When a request had waited too long."""
    sent: datetime = case.facts.sent_at
    return sent + _patience(store)


def _patience(store: Store) -> timedelta:
    return timedelta(hours=int(store.setting("watch_open_hours")))


@dataclass(frozen=True)
class Kind:
    """One kind: ``part`` among ``whole`` is held against ``setting``, a percentage unless it is told otherwise.

    ``counts`` has the places {part} and {whole}, ``against`` the place {limit}. ``when`` is the moment at which a case
    became one. ``kpi`` is the figure that tells the same of any days. ``of_all``: the whole is told of everybody.
    """

    key: WatchKind
    title: Say
    why: Say
    counts: Say
    against: Say
    setting: str
    kpi: str
    whole: Measure
    part: Callable[[Store, datetime], Measure]
    stands: Callable[[Counts, Fraction, int], bool]
    of: Of = Of.BOTH
    of_all: bool = False
    floor: str = "watch_lines"
    when: Callable[[Case, Store], datetime] = _sent

    def least(self, store: Store) -> int:
        """With fewer cases than these nothing is told."""
        return int(store.setting(self.floor)) if self.floor else 1


KINDS: dict[WatchKind, Kind] = {kind.key: kind for kind in (
    Kind(WatchKind.FEW_STRUCK, Say("Hardly anything is struck"),
         Say("Customers who are free to strike do so now and then. Were boxes ticked beforehand, was somebody pressed, "
             "or is the list that good?"),
         Say("{part} of {whole} listed items were struck"),
         Say("noted below {limit} %"), "watch_struck_percent", "strike_out_rate",
         offers.lines_decided, lambda store, at: offers.lines_struck, few),
    Kind(WatchKind.QUICK_DECISIONS, Say("Decided before it can be read"),
         Say("Reading what is offered and what it costs takes some time. Was the tablet handed over only to sign?"),
         Say("{part} of {whole} listed items were decided at once"),
         Say("noted when more than half take less than {limit} s"), "watch_quick_seconds", "decision_time",
         offers.reading_times,
         lambda store, at: offers.decided_within(int(store.setting("watch_quick_seconds"))), most),
    Kind(WatchKind.OUR_DEVICES_ONLY, Say("Nobody answers on their own phone"),
         Say("On their own phone customers decide undisturbed. Is the code on the sheet offered to them at all?"),
         Say("{part} of {whole} answers were given on our devices"),
         Say("noted from {limit} %"), "watch_device_percent", "own_device_rate",
         consent.answers, lambda store, at: consent.answers_on_our_devices, many),
    Kind(WatchKind.ONE_ADVISOR, Say("Nearly all approvals come from one advisor"),
         Say("The others put items before customers too, and hear no. What is different at this desk?"),
         Say("{part} of {whole} approvals of listed items are theirs"),
         Say("noted from {limit} %"), "watch_one_percent", "recommendation_success_line_rate",
         offers.lines_decided, lambda store, at: offers.lines_agreed, alone,
         of=Of.PEOPLE, of_all=True),
    Kind(WatchKind.ALWAYS_NEEDED, Say("Every check finds a need"),
         Say("Some of what is checked is fine. Is that written down as well, or is work found where none is needed?"),
         Say("{part} of {whole} findings call for work"),
         Say("noted from {limit} %"), "watch_needed_percent", "finding_without_need_rate",
         consent.found, lambda store, at: consent.found_with_need, many, of=Of.PEOPLE),
    Kind(WatchKind.LEFT_OPEN, Say("Customers are left without a decision"),
         Say("What nobody answers is not approved, and the car waits. Ask again, or take the request back."),
         Say("{part} of {whole} requests that are open have waited too long"),
         Say("noted after {limit} h"), "watch_open_hours", "unanswered_request_count",
         consent.waiting, lambda store, at: consent.waits_since(at - _patience(store)), any_at_all,
         of=Of.STORE, floor="", when=_overdue),
)}
