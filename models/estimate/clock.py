"""Time that counts for work: while the store is open, without its lunch hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from models.stores import Store

FAR = 60  # days; what lies further ahead is nobody's estimate


def spans(store: Store, day: date) -> list[tuple[datetime, datetime]]:
    """When work goes on on a day: before and after lunch; never on a day of the week that the store has off."""
    if store.is_closed(day):
        return []
    parts = ((store.opens, store.lunch_from), (store.lunch_to, store.closes))
    return [(store.moment(day, start), store.moment(day, end)) for start, end in parts if start < end]


def after(store: Store, at: datetime, work: timedelta, *, to_begin: bool = False) -> datetime | None:
    """The moment at which so much working time has passed since ``at``; None when that is months away.

    No work at all ends at once, or with the next opening when the store is closed. ``to_begin``: something begins
    there, so not with the stroke of closing but with the next opening.
    """
    for day in range(FAR):
        for start, end in spans(store, store.day(at) + timedelta(days=day)):
            start = max(start, at)
            if start < end and (work < end - start or (work == end - start and not to_begin)):
                return (start + work).astimezone(UTC)
            work -= max(end - start, timedelta(0))
    return None


def between(store: Store, at: datetime, until: datetime) -> timedelta:
    """The working time from a moment to a later one; none to an earlier one. At most some months are counted."""
    days = min((store.day(until) - store.day(at)).days, FAR)
    return sum((max(min(end, until) - max(start, at), timedelta(0)) for day in range(days + 1)
                for start, end in spans(store, store.day(at) + timedelta(days=day))), timedelta(0))
