"""Customers: who they are, how they are reached, and whether they want to be."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum, auto
from typing import TYPE_CHECKING

import phonenumbers
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, keep, key, many, one
from models.people import May, Person
from models.vehicles.finding import note_customer
from models.words import Blocked, Refused, Say

if TYPE_CHECKING:
    from models.vehicles.cars import Vehicle


EMAIL = re.compile(r"[^\s@<>,;:\"\\()\[\]]+@[^\s@.<>,;]+(\.[^\s@.<>,;]+)+")


class CustomerKind(StrEnum):
    """Whose car it is: a person's, a fleet's, or the store's own."""

    PRIVATE = auto()
    FLEET = auto()
    STORE = auto()


class ContactAbout(StrEnum):
    """What a customer can wish or refuse to be contacted about."""

    FOLLOWUP = auto()     # the calls after a visit
    REMINDER = auto()     # due service, insurance, inspection
    ADVERTISING = auto()  # never without consent (consumer law, article 29)


class Wish(StrEnum):
    """The customer's word on it."""

    WANTED = auto()
    REFUSED = auto()


def read_phone(text: str) -> str:
    """A phone number as E.164, mainland China unless it says otherwise. Raises Refused (field ``phone``)."""
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        raise Refused(phone=Say("“{text}” is not a phone number.", text=text.strip())) from None
    if not phonenumbers.is_valid_number(number):
        raise Refused(phone=Say("“{text}” is not a phone number: count its digits.", text=text.strip()))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_email(text: str) -> str:
    """An address for e-mail, as far as one can tell by looking. Raises Refused (field ``email``)."""
    address = text.strip()
    if len(address) > 254 or not EMAIL.fullmatch(address):
        raise Refused(email=Say("“{text}” is not an address for e-mail.", text=address[:80]))
    return address


def check_may_open_files(by: Person, store_id: int) -> None:
    """Raises Blocked unless the post includes the files of customers and cars."""
    if not any(by.may(right, store_id) for right in (May.BOOK, May.RECEIVE, May.MANAGE)):
        raise Blocked(Say("Files of customers and cars are kept by reception: ask an advisor."))


class Customer(Owned):
    """Somebody whose cars come here. ``phone`` is E.164; it and ``email`` may be missing; contact wishes are rows."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    kind: Mapped[CustomerKind] = mapped_column(default=CustomerKind.PRIVATE)
    imported: Mapped[bool] = mapped_column(default=False)
    opened_by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    opened_at: Mapped[datetime]
    opened_by: Mapped[Person] = one("Person.id == foreign(Customer.opened_by_id)")
    vehicles: Mapped[list[Vehicle]] = many(
        "Customer.id == foreign(Vehicle.owner_id)", back_populates="owner", order_by="Vehicle.id")
    wishes: Mapped[list[ContactWish]] = many(
        "Customer.id == foreign(ContactWish.customer_id)", back_populates="customer",
        order_by="ContactWish.at, ContactWish.id")

    @classmethod
    def open(cls, store_id: int, *, name: str, phone: str = "", kind: CustomerKind = CustomerKind.PRIVATE,
             imported: bool = False, by: Person, at: datetime) -> Customer:
        """Open a file. Two customers may share a phone (a family does). Raises Refused for name or phone."""
        check_may_open_files(by, store_id)
        name = name.strip()
        if not name:
            raise Refused(name=Say("Type the customer's name."))
        customer = keep(cls(store_id=store_id, name=name, phone=read_phone(phone) if phone.strip() else None,
                            kind=kind, imported=imported, opened_by_id=by.id, opened_at=at))
        db.session.flush()
        note_customer(customer)
        return customer

    def correct(self, *, name: str | None = None, phone: str | None = None, email: str | None = None,
                by: Person) -> None:
        """Correct the name, the phone or the e-mail; an empty one is removed. The search follows."""
        check_may_open_files(by, self.store_id)
        if name is not None:
            if not name.strip():
                raise Refused(name=Say("Type the customer's name."))
            self.name = name.strip()
        if phone is not None:
            self.phone = read_phone(phone) if phone.strip() else None
        if email is not None:
            self.email = read_email(email) if email.strip() else None
        note_customer(self)

    def wish(self, about: ContactAbout, wish: Wish, *, by: Person | None, at: datetime) -> ContactWish:
        """Keep the customer's word on being contacted; ``by`` is None when they said so on their own phone."""
        said = keep(ContactWish(customer=self, about=about, wish=wish, by_id=by.id if by else None, at=at))
        db.session.flush()
        return said

    def agrees(self, about: ContactAbout, at: datetime) -> bool:
        """Whether they may be contacted about it at that moment: service unless refused, advertising only if wanted.

        Reads ``wishes``: load them eagerly in lists.
        """
        last = next((said for said in reversed(self.wishes) if said.about == about and said.at <= at), None)
        return last.wish == Wish.WANTED if last else about != ContactAbout.ADVERTISING

    @property
    def phone_shown(self) -> str:
        """The phone as dialled at home: '19900000001'; empty without one."""
        return (self.phone or "").removeprefix("+86")

    def __repr__(self) -> str:
        return f"<Customer {self.id}>"


class ContactWish(Owned):
    """A customer's word on being contacted: kept, never edited; the last one holds."""

    __tablename__ = "contact_wish"
    __table_args__ = (
        key("customer_id", "customer"),
        sa.Index("ix_contact_wish_customer", "customer_id", "about", "at"),
    )
    owned_by = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int]
    about: Mapped[ContactAbout]
    wish: Mapped[Wish]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    customer: Mapped[Customer] = one("Customer.id == foreign(ContactWish.customer_id)", back_populates="wishes")
    by: Mapped[Person | None] = one("Person.id == foreign(ContactWish.by_id)")


