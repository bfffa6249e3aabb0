"""Acts: guard, permission, transition and event from one declaration. What happened is an Event."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, one
from models.journey.stages import STAGES, Ending, Stage
from models.people import May, Person, not_permitted
from models.words import Blocked, Say

if TYPE_CHECKING:
    from models.journey.visits import Visit


class Subject(Protocol):
    """Anything acts are done on: it knows its visit, or that it has none."""

    @property
    def journey(self) -> Visit | None: ...

    @property
    def store_id(self) -> Any: ...


S = TypeVar("S", bound=Any)
P = ParamSpec("P")
T = TypeVar("T")
Guard = Callable[[Any, Person | None], Iterable[Say]]

ACTS: dict[str, Act[Any, Any, Any]] = {}
HEARD: list[Callable[[Event, Visit | None, Person | None], None]] = []  # who wants to know of every event (notices)


class Event(Owned):
    """What happened, as a sentence key and its facts: read in the reader's language years later. Append-only."""

    __tablename__ = "event"
    __table_args__ = (
        key("visit_id", "visit"),
        sa.Index("ix_event_visit_at", "visit_id", "at"),
        sa.Index("ix_event_store_key_at", "store_id", "key", "at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[uuid.UUID | None]
    key: Mapped[str]
    says: Mapped[dict[str, Any]]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    refused: Mapped[bool] = mapped_column(default=False)
    by: Mapped[Person | None] = one("Person.id == foreign(Event.by_id)")

    @property
    def sentence(self) -> Say:
        return Say.from_json(self.says)


@dataclass(frozen=True)
class Refusal:
    """A refusal that must stay on record although its transaction is rolled back. Call it in a fresh one."""

    store_id: int
    visit_id: uuid.UUID | None
    key: str
    says: Say
    by_id: int | None
    at: datetime

    def __call__(self) -> Event:
        return keep(Event(store_id=self.store_id, visit_id=self.visit_id, key=self.key, says=self.says.as_json(),
                          by_id=self.by_id, at=self.at, refused=True))


@dataclass(frozen=True)
class Bound(Generic[S, P, T]):
    """An act on one subject: call it to do it, or ask what stands in its way."""

    act: Act[S, P, T]
    subject: S

    def why_not(self, *, by: Person | None) -> tuple[Say, ...]:
        """The sentences that grey the button; empty when the act can be done now."""
        return tuple(self.act.obstacles(self.subject, by))

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.act.run(self.subject, *args, **kwargs)


class Act(Generic[S, P, T]):
    """The one declaration of guards, permission, transition and event. See the module's head."""

    def __init__(self, do: Callable[Concatenate[S, P], T], *, needs: May | None, guard: Guard | None,
                 frm: tuple[Stage, ...], to: Stage | Ending | None, says: str, logged: bool) -> None:
        self.do, self.needs, self.guard = do, needs, guard
        self.frm, self.to, self.says, self.logged = frm, to, says, logged
        self.__doc__ = do.__doc__
        self.key = f"{do.__module__.split('.')[1]}.{do.__name__}"
        ACTS[self.key] = self

    @overload
    def __get__(self, subject: None, owner: type) -> Act[S, P, T]: ...
    @overload
    def __get__(self, subject: S, owner: type) -> Bound[S, P, T]: ...
    def __get__(self, subject: S | None, owner: type) -> Act[S, P, T] | Bound[S, P, T]:
        return self if subject is None else Bound(self, subject)

    def obstacles(self, subject: S, by: Person | None) -> Iterator[Say]:
        visit: Visit | None = subject.journey
        if self.needs and (by is None or not by.may(self.needs, subject.store_id)):
            yield not_permitted(self.needs)
        if visit is not None and visit.ended:
            yield Say("This visit has ended; nothing can be changed in it.")
        elif self.frm and visit is not None and visit.stage not in self.frm:
            yield Say("The car is at “{now}”; this can be done at “{wanted}”.",
                      now=Say(STAGES[visit.stage]), wanted=Say(STAGES[self.frm[0]]))
        if self.guard:
            yield from self.guard(subject, by)

    def run(self, subject: S, *args: Any, **kwargs: Any) -> T:
        by: Person | None = kwargs.get("by")
        at: datetime = kwargs["at"]
        visit: Visit | None = subject.journey
        store_id = _store_of(subject)
        try:
            why_not = tuple(self.obstacles(subject, by))
            if why_not:
                raise Blocked(why_not)
            result = self.do(subject, *args, **kwargs)
        except Blocked as blocked:
            if self.logged and blocked.log is None:
                blocked.log = Refusal(store_id, visit.id if visit else None, self.key,
                                      Say("{act} refused: {why}", act=Say(self.says), why=blocked.sentences[0]),
                                      by.id if by else None, at)
            raise
        if self.to is not None and visit is not None:
            visit.move_to(self.to, frm=self.frm, at=at)
        record(subject, self.key, Say(self.says), by=by, at=at)
        return result


def act(needs: May | None = None, *, guard: Guard | None = None, says: str, logged: bool = False,
        frm: tuple[Stage, ...] = (), to: Stage | Ending | None = None,
        ) -> Callable[[Callable[Concatenate[S, P], T]], Act[S, P, T]]:
    """Declare an act. ``needs=None`` is for what a customer does; ``logged`` keeps a refusal on record."""

    def declare(do: Callable[Concatenate[S, P], T]) -> Act[S, P, T]:
        return Act(do, needs=needs, guard=guard, frm=frm, to=to, says=says, logged=logged)

    return declare


def move(frm: Stage | tuple[Stage, ...], to: Stage | Ending, *, needs: May | None = None,
         guard: Guard | None = None, says: str) -> Callable[[Callable[Concatenate[S, P], T]], Act[S, P, T]]:
    """Declare an act that brings the car from one stage to another."""
    return act(needs, guard=guard, says=says, frm=frm if isinstance(frm, tuple) else (frm,), to=to)


def _store_of(subject: Any) -> int:
    """A new record knows its store only once written."""
    if subject.store_id is None:
        db.session.flush()
    return int(subject.store_id)


def record(subject: Any, key_: str, says: Say, *, by: Person | None, at: datetime) -> Event:
    """Append what happened to the visit's history (or the store's, where there is no visit)."""
    visit: Visit | None = subject.journey
    event = keep(Event(store_id=_store_of(subject), visit_id=visit.id if visit else None, key=key_,
                       says=says.as_json(), by_id=by.id if by else None, at=at))
    for hear in HEARD:
        hear(event, visit, by)
    return event
