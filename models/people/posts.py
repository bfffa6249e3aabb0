"""Posts, and what each may do. One table of permissions: GRANTS."""

from __future__ import annotations

from datetime import date
from enum import StrEnum, auto
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, one
from models.words import Say

if TYPE_CHECKING:
    from models.people.persons import Person


class Role(StrEnum):
    """The posts of a store, by the trade's names (glossary)."""

    SERVICE_MANAGER = auto()
    ADVISOR_LEAD = auto()
    ADVISOR = auto()
    WORKSHOP_LEAD = auto()
    INSPECTOR = auto()
    TECHNICIAN = auto()
    PARTS_MANAGER = auto()
    PARTS_CLERK = auto()
    CASHIER = auto()
    FOLLOWUP_CLERK = auto()
    PROGRAMME_SUPERVISOR = auto()


class Grade(StrEnum):
    """A technician's grade, which sets the rate of hour pay."""

    SENIOR = auto()
    MIDDLE = auto()
    JUNIOR = auto()
    APPRENTICE = auto()


class May(StrEnum):
    """Everything a person can be permitted to do. Views and domain methods name these, never roles."""

    SEE_VISITS = auto()
    BOOK = auto()
    RECEIVE = auto()          # greet, walk around, take the customer's words
    WRITE_ORDER = auto()
    PRESENT = auto()          # put lines before the customer, take their signature
    DISCOUNT = auto()
    DISPATCH = auto()
    WORK = auto()             # clock on and off, finish a line
    SHOW_EVIDENCE = auto()
    JUDGE_PHOTOS = auto()     # whether a photo is of this car, or one used twice
    CONFIRM_CAUSE = auto()
    ASK_PARTS = auto()
    ISSUE_PARTS = auto()
    COUNT_STOCK = auto()
    BUY_PARTS = auto()
    GIVE_OVER = auto()        # what is kept for one car, to another
    KEEP_SUPPLIERS = auto()   # who parts are bought from
    KEEP_PARTS = auto()       # the catalogue of parts and what they cost
    SELL_PARTS = auto()       # over the counter, without a car
    TELL_SHORTAGE = auto()    # tell a customer that a booked car's part will be missing
    CHECK_SELF = auto()
    CHECK_QUALITY = auto()
    CHECK_FINAL = auto()
    WASH = auto()
    SETTLE = auto()
    TAKE_PAYMENT = auto()
    DELIVER = auto()
    FOLLOW_UP = auto()
    HANDLE_COMPLAINT = auto()
    KEEP_ATTENDANCE = auto()
    CLAIM = auto()
    SEE_FIGURES = auto()      # the store's figures; one's own are always open
    SEE_PAY_OF_ALL = auto()
    WATCH = auto()            # how customers come to their decisions
    MANAGE = auto()           # people, settings, catalogue
    SEE_COMPONENTS = auto()   # the page that shows every component


_EVERYBODY = frozenset({May.SEE_VISITS, May.SEE_COMPONENTS})
_RECEPTION = frozenset({
    May.BOOK, May.RECEIVE, May.WRITE_ORDER, May.PRESENT, May.DISCOUNT, May.WASH, May.SETTLE, May.DELIVER,
    May.FOLLOW_UP, May.HANDLE_COMPLAINT, May.ASK_PARTS, May.TELL_SHORTAGE,
})

GRANTS: dict[Role, frozenset[May]] = {
    Role.SERVICE_MANAGER: frozenset(May),
    Role.ADVISOR_LEAD: _EVERYBODY | _RECEPTION | {May.SEE_FIGURES, May.CLAIM},
    Role.ADVISOR: _EVERYBODY | _RECEPTION,
    Role.WORKSHOP_LEAD: _EVERYBODY | {
        May.DISPATCH, May.CONFIRM_CAUSE, May.ASK_PARTS, May.WASH, May.KEEP_ATTENDANCE, May.SEE_FIGURES,
        May.CHECK_QUALITY, May.SHOW_EVIDENCE, May.COUNT_STOCK,  # the second person at a count
    },
    Role.INSPECTOR: _EVERYBODY | {May.CHECK_QUALITY, May.CHECK_FINAL, May.JUDGE_PHOTOS},
    Role.TECHNICIAN: _EVERYBODY | {
        May.WORK, May.SHOW_EVIDENCE, May.ASK_PARTS, May.CHECK_SELF, May.CHECK_QUALITY, May.WASH,
    },
    Role.PARTS_MANAGER: _EVERYBODY | {
        May.ASK_PARTS, May.ISSUE_PARTS, May.GIVE_OVER, May.COUNT_STOCK, May.BUY_PARTS, May.KEEP_SUPPLIERS,
        May.KEEP_PARTS, May.SELL_PARTS, May.TELL_SHORTAGE, May.SEE_FIGURES,
    },
    Role.PARTS_CLERK: _EVERYBODY | {
        May.ASK_PARTS, May.ISSUE_PARTS, May.COUNT_STOCK, May.BUY_PARTS, May.SELL_PARTS, May.TELL_SHORTAGE,
    },
    Role.CASHIER: _EVERYBODY | {May.SETTLE, May.TAKE_PAYMENT},
    Role.FOLLOWUP_CLERK: _EVERYBODY | {May.FOLLOW_UP, May.HANDLE_COMPLAINT},
    Role.PROGRAMME_SUPERVISOR: frozenset(),
}


RIGHTS: dict[May, str] = {
    May.SEE_VISITS: "see the cars", May.BOOK: "book", May.RECEIVE: "receive a car",
    May.WRITE_ORDER: "write an order", May.PRESENT: "put lines before the customer", May.DISCOUNT: "give a discount",
    May.DISPATCH: "dispatch work", May.WORK: "work on a car", May.SHOW_EVIDENCE: "show evidence",
    May.JUDGE_PHOTOS: "say whether a photo was used twice",
    May.CONFIRM_CAUSE: "confirm the cause of a comeback", May.ASK_PARTS: "ask for parts",
    May.ISSUE_PARTS: "hand over parts", May.COUNT_STOCK: "count stock", May.BUY_PARTS: "buy parts",
    May.GIVE_OVER: "give over what is kept for another car",
    May.KEEP_SUPPLIERS: "keep the list of suppliers", May.KEEP_PARTS: "keep the catalogue of parts",
    May.SELL_PARTS: "sell parts over the counter",
    May.TELL_SHORTAGE: "tell a customer that a part is missing",
    May.CHECK_SELF: "check one's own work", May.CHECK_QUALITY: "check a colleague's work",
    May.CHECK_FINAL: "make the final inspection", May.WASH: "make a car ready", May.SETTLE: "settle",
    May.TAKE_PAYMENT: "take a payment", May.DELIVER: "deliver a car", May.FOLLOW_UP: "call customers",
    May.HANDLE_COMPLAINT: "handle a complaint", May.KEEP_ATTENDANCE: "keep the attendance",
    May.CLAIM: "hand in a claim", May.SEE_FIGURES: "see the store's figures",
    May.SEE_PAY_OF_ALL: "see everybody's pay", May.WATCH: "look into how customers decide",
    May.MANAGE: "manage the store",
    May.SEE_COMPONENTS: "see the components",
}


def not_permitted(what: May) -> Say:
    """Why somebody may not, and the way out."""
    return Say("Your post does not include this. Ask somebody who may: {right}.", right=Say(RIGHTS[what]))


class Post(Owned):
    """A role held by a person in a store from a day until (not including) another."""

    __tablename__ = "post"
    __table_args__ = (sa.CheckConstraint("until IS NULL OR until > since", name="ends_after_start"),)
    owned_by = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    role: Mapped[Role]
    grade: Mapped[Grade | None]
    since: Mapped[date]
    until: Mapped[date | None]
    person: Mapped[Person] = one("Person.id == foreign(Post.person_id)", back_populates="posts")

    def valid(self, on: date | None) -> bool:
        if on is None:
            return self.until is None
        return self.since <= on and (self.until is None or on < self.until)
