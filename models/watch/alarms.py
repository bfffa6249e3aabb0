"""Counting what is watched: over the last days of the store, and since somebody last looked into it with words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from models.base import hold, keep
from models.kpi.report import Report
from models.measures import Case
from models.people import May, Person
from models.stores import Store
from models.watch.kinds import KINDS, Counts, Kind, Of, WatchKind
from models.watch.notes import WatchNote, last_notes
from models.words import Blocked, Refused, Say

COMPARED_DAYS = 90  # the store's own past that is told beside an alarm


@dataclass(frozen=True)
class Watched:
    """One kind as it is counted now: of the store, or of one person. ``since``: up to there somebody has looked."""

    kind: Kind
    store: Store
    person_id: int | None
    told: Counts
    cases: tuple[Case, ...]
    within: tuple[Case, ...]
    since: datetime | None = None

    @property
    def part(self) -> int:
        return self.told.part

    @property
    def whole(self) -> int:
        """What the part is told of."""
        return self.told.part + self.told.others_part if self.kind.of_all else self.told.whole

    @property
    def limit(self) -> int:
        return int(self.store.setting(self.kind.setting))

    @property
    def enough(self) -> bool:
        """Whether there are enough cases to tell anything."""
        return self.whole >= self.kind.least(self.store)

    @property
    def stands(self) -> bool:
        """Whether it stands out."""
        return self.enough and self.kind.stands(self.told, Fraction(self.limit, 100), self.kind.least(self.store))

    @property
    def outside(self) -> tuple[Case, ...]:
        inside = {case.id for case in self.within}
        return tuple(case for case in self.cases if case.id not in inside)

    @property
    def says(self) -> Say:
        """So many of so many."""
        return Say(self.kind.counts.sentence, part=self.part, whole=self.whole)

    @property
    def against(self) -> Say:
        """What it is held against."""
        return Say(self.kind.against.sentence, limit=self.limit)


Alarm = Watched  # one that stands out


def window(store: Store, at: datetime) -> tuple[date, date]:
    """The days that are watched, both inclusive."""
    last = store.day(at)
    return last - timedelta(days=int(store.setting("watch_days")) - 1), last


def alarms(store: Store, *, at: datetime) -> list[Alarm]:
    """What stands out now."""
    return standing(watched(store, at=at))


def standing(counted: Mapping[WatchKind, Sequence[Watched]]) -> list[Alarm]:
    """Of what was counted what stands out: for each kind the store, or else the people who do."""
    found: list[Alarm] = []
    for all_ in counted.values():
        these = [one for one in all_ if one.stands]
        found += [one for one in these if one.person_id is None] or these
    return found


def the_alarm(store: Store, kind: WatchKind, person_id: int | None, *, at: datetime) -> Watched | None:
    """One of them as it is counted now, whether or not it stands out; None for a person without a case."""
    return next((one for one in watched(store, at=at, only=kind)[kind] if one.person_id == person_id), None)


def look_into(store: Store, kind: WatchKind, person_id: int | None, words: str, *, upto: datetime, by: Person,
              at: datetime) -> WatchNote:
    """Keep what was found. ``upto`` is when the cases were looked at: later ones are new and are told again.

    Raises Refused without words; Blocked without the permission, or when it does not stand out (any more).
    """
    by.must(May.WATCH, store.id)
    if not words.strip():
        raise Refused(words=Say("Say what you found when you looked."))
    hold(store, pointed_at=True)  # of two who note the same, the second one is told
    found = the_alarm(store, kind, person_id, at=min(upto, at))
    if found is None or not found.stands:
        raise Blocked(Say("This does not stand out any more: somebody has looked into it, or it has passed."))
    return keep(WatchNote(store_id=store.id, kind=kind, person_id=person_id, part=found.part, whole=found.whole,
                          upto=min(upto, at), words=words.strip(), by_id=by.id, at=at))


def watched(store: Store, *, at: datetime, only: WatchKind | None = None,
            report: Report | None = None) -> dict[WatchKind, list[Watched]]:
    """Every kind, counted: the store first, then the people by their id. A query for each select, one for the notes.

    ``report`` is one that is there already and has these days among its own.
    """
    report, notes = report or Report(store, *window(store, at)), last_notes(store)
    return {key: list(_counted(kind, report, notes, at)) for key, kind in KINDS.items() if only in (None, key)}


def comparison(watched: Watched, *, at: datetime) -> Counts | None:
    """The same counted over the store's last 90 days, of everybody; None for what has no days."""
    if watched.kind.of is Of.STORE:
        return None
    last = watched.store.day(at)
    report = Report(watched.store, last - timedelta(days=COMPARED_DAYS - 1), last)
    whole = report.cases(watched.kind.whole)
    return Counts(len(report.cases(watched.kind.part(watched.store, at))), len(whole))


def _counted(kind: Kind, report: Report, notes: dict[tuple[WatchKind, int | None], WatchNote],
             at: datetime) -> Iterator[Watched]:
    store, of_store = report.store, notes.get((kind.key, None))
    seen = of_store.upto if of_store else None
    first, last = window(store, at)
    whole, part = ([case for case in report.cases(measure, since=first, until=last)
                    if kind.of is Of.STORE or kind.when(case, store) <= at]
                   for measure in (kind.whole, kind.part(store, at)))
    if kind.of is not Of.PEOPLE:
        yield _since(kind, store, None, whole, part, seen)
    if kind.of is not Of.STORE:
        for person_id in sorted({case.person_id for case in whole if case.person_id is not None}):
            own = notes.get((kind.key, person_id))
            since = max(filter(None, (seen, own.upto if own else None)), default=None)
            yield _since(kind, store, person_id, whole, part, since)


def _since(kind: Kind, store: Store, person_id: int | None, whole: Sequence[Case], part: Sequence[Case],
           since: datetime | None) -> Watched:
    """What came after somebody last looked, of the store or of one person beside the others."""
    if since is not None:
        whole = [case for case in whole if kind.when(case, store) > since]
        part = [case for case in part if kind.when(case, store) > since]
    if person_id is None:
        return Watched(kind, store, None, Counts(len(part), len(whole)), tuple(whole), tuple(part), since)
    mine = [[case for case in cases if case.person_id == person_id] for cases in (part, whole)]
    told = Counts(len(mine[0]), len(mine[1]), len(part) - len(mine[0]), len(whole) - len(mine[1]))
    return Watched(kind, store, person_id, told, tuple(mine[1]), tuple(mine[0]), since)
