"""What a store has and what it still lacks before the first car can be received: counted, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.base import db
from models.catalogue import LabourOp, Package, Part, Price, PriceKind, UpgradeItem
from models.imports.people import post_name
from models.parts import Movement
from models.people import Person, Post, Role, Tablet
from models.setup.sample import SUFFIX
from models.stores import Bay, Store
from models.words import Say

# A car's journey needs somebody in each of these groups of posts.
NEEDED: tuple[tuple[Role, ...], ...] = (
    (Role.ADVISOR, Role.ADVISOR_LEAD), (Role.WORKSHOP_LEAD,), (Role.TECHNICIAN,), (Role.INSPECTOR,),
    (Role.PARTS_CLERK, Role.PARTS_MANAGER), (Role.CASHIER,),
)


@dataclass(frozen=True)
class Step:
    """One thing of the list. ``needed``: without it no car can be taken through; else it is good to have."""

    key: str
    title: Say
    done: bool
    state: Say
    needed: bool = True


def steps(store: Store, *, at: datetime) -> list[Step]:
    """Everything, in the order in which a store goes about it. One query."""
    found = db.session.execute(sa.select(*_counts(store, at), *_held(store, at), _sample(store))).one()
    held = {role for role in Role if getattr(found, role.value)}
    return [*_place(store, found), *_staff(held, found), *_shelves(found), *_quality(store), *_rest(store, found)]


def missing(store: Store, *, at: datetime) -> list[Step]:
    """What is not done yet."""
    return [step for step in steps(store, at=at) if not step.done]


def _counts(store: Store, at: datetime) -> Iterator[sa.Label[int]]:
    def of(name: str, kind: Any, *where: sa.ColumnElement[bool]) -> sa.Label[int]:
        return sa.select(sa.func.count()).select_from(kind).where(
            kind.store_id == store.id, *where).scalar_subquery().label(name)

    def priced(kind: PriceKind, code: Any) -> sa.ColumnElement[bool]:
        return sa.exists().where(Price.store_id == store.id, Price.kind == kind, Price.code == code,
                                 Price.valid_from <= store.day(at))

    yield of("bays", Bay, Bay.retired_on.is_(None), Bay.kind != "wash")
    here = Person.here_on(store.day(at))
    yield of("people", Person, here)
    yield of("locked_out", Person, here, Person.pin_hash.is_(None), Person.password_hash.is_(None))
    yield of("tablets", Tablet, Tablet.revoked_at.is_(None))
    yield of("labour", LabourOp, LabourOp.in_use(store.day(at)))
    yield of("parts", Part, Part.in_use(store.day(at)))
    yield of("packages", Package, Package.in_use(store.day(at)))
    yield of("upgrades", UpgradeItem, UpgradeItem.in_use(store.day(at)))
    yield of("labour_unpriced", LabourOp, LabourOp.in_use(store.day(at)), ~priced(PriceKind.LABOUR, LabourOp.code))
    yield of("parts_unpriced", Part, Part.in_use(store.day(at)), ~priced(PriceKind.PART, Part.sku))
    yield of("booked", Movement)


def _held(store: Store, at: datetime) -> Iterator[sa.Label[bool]]:
    """Of each post whether somebody holds it, by its name."""
    for role in Role:
        yield sa.exists().where(
            Post.store_id == store.id, Post.role == role, Post.until.is_(None), Person.id == Post.person_id,
            Person.here_on(store.day(at))).label(role.value)


def _sample(store: Store) -> sa.Label[bool]:
    return sa.exists().where(Store.code == store.code + SUFFIX, Store.sample).label("sample")


def _place(store: Store, found: Any) -> Iterator[Step]:
    there = bool(store.address and store.phone)
    yield Step("store", Say("Store, address and phone"), there,
               Say("{place}, {phone}", place=store.address, phone=store.phone) if there
               else Say("Papers carry no address or no phone yet."))
    yield Step("hours", Say("Opening hours and labour rate"), True,
               Say("{opens}–{closes}, {rate} an hour", opens=f"{store.opens:%H:%M}", closes=f"{store.closes:%H:%M}",
                   rate=store.labour_rate))
    yield Step("bays", Say("Bays"), found.bays > 0,
               Say("{count} to work in", count=found.bays) if found.bays else Say("No bay to put a car in."))


def _staff(held: set[Role], found: Any) -> Iterator[Step]:
    lacking = [group[0] for group in NEEDED if not held.intersection(group)]
    said = Say("{count} people, every post is held", count=found.people)
    for number, role in enumerate(lacking):
        said = Say("Nobody is {post}", post=post_name(role)) if not number else \
            Say("{posts}, {post}", posts=said, post=post_name(role))
    yield Step("people", Say("People and their posts"), not lacking, said)
    yield Step("tablets", Say("Tablets"), found.tablets > 0,
               Say("{count} enrolled", count=found.tablets) if found.tablets else Say("No tablet is enrolled yet."),
               needed=False)
    yield Step("pins", Say("Signing in"), not found.locked_out,
               Say("{count} people have neither a PIN nor a password yet", count=found.locked_out) if found.locked_out
               else Say("Everybody can sign in."))


def _shelves(found: Any) -> Iterator[Step]:
    there = found.labour > 0 and found.parts > 0
    yield Step("catalogue", Say("Catalogue"), there,
               Say("{labour} operations, {parts} parts, {packages} packages, {upgrades} upgrade items",
                   labour=found.labour, parts=found.parts, packages=found.packages, upgrades=found.upgrades))
    unpriced = found.labour_unpriced + found.parts_unpriced
    yield Step("prices", Say("Prices"), there and not unpriced,
               Say("{count} entries have no price today", count=unpriced) if unpriced
               else Say("Every operation and part has one.") if there else Say("They come with the catalogue."))
    yield Step("stock", Say("Opening stock"), found.booked > 0,
               Say("Booked.") if found.booked else Say("Nothing lies on the shelf as far as the book knows."))


def _quality(store: Store) -> Iterator[Step]:
    empty = [name for name in ("look_self", "look_quality", "look_final") if not store.setting(name)]
    yield Step("looks", Say("Checklists of the three inspections"), not empty,
               Say("{count} of 3 are empty", count=len(empty)) if empty else Say("All three are there."), needed=False)
    there = bool(store.setting("paper_head") or store.setting("logo"))
    yield Step("paper", Say("Head of the papers"), there,
               Say("There.") if there else Say("Papers carry the store's name only."), needed=False)


def _rest(store: Store, found: Any) -> Iterator[Step]:
    if store.sample:
        return
    yield Step("sample", Say("Sample data"), not found.sample,
               Say("No sample store is there.") if not found.sample else
               Say("The sample store is still there; remove it when you have seen enough."), needed=False)
