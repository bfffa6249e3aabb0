"""A part enters the catalogue and changes by acts: which fields, from what to what, by whom, when."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from models.base import db, hold, keep
from models.catalogue.numbers import learn_numbers, why_not_after
from models.catalogue.prices import PriceKind, set_price
from models.catalogue.records import Part, PartKind, PartSource
from models.money import Fen
from models.people import May, Person
from models.stores import Store
from models.words import Blocked, Refused, Say

# The number stands on labels before a stroke and the lot, so it has none itself.
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
FIELDS: dict[str, Say] = {
    "name_zh": Say("Name in Chinese"), "name_en": Say("Name in English"), "maker_number": Say("Maker’s number"),
    "interchange": Say("Interchange number"), "successor": Say("Replaced by"), "source": Say("Source"),
    "kind": Say("Kind"), "unit": Say("Unit"), "pack": Say("Pieces in a pack"), "bin": Say("Bin"),
    "min_qty": Say("Minimum"), "max_qty": Say("Maximum"), "lots": Say("Lots told apart"),
    "launched_on": Say("On the market since"), "photo": Say("Photo"),
}
_WORDS: dict[str, type[StrEnum]] = {"source": PartSource, "kind": PartKind}
_MOST = {"name_zh": 120, "name_en": 120, "maker_number": 60, "unit": 20, "bin": 24, "interchange": 40}


def enter_part(store: Store, sku: str, facts: dict[str, Any], *, price: Fen, cost: Fen | None, by: Person,
               at: datetime) -> Part:
    """A new part with its first price, from today on. Raises Refused by field, Blocked without the right."""
    by.must(May.KEEP_PARTS, store.id)
    hold(store, pointed_at=True)
    sku = "".join(sku.split())
    if not _NUMBER.fullmatch(sku):
        raise Refused(sku=Say("A number has letters, digits, dots and dashes, forty at most."))
    if db.session.scalar(sa.select(Part.id).where(Part.store_id == store.id, sa.func.upper(Part.sku) == sku.upper())):
        raise Refused(sku=Say("There is a part with the number {sku} already.", sku=sku))
    facts = _sound(facts)
    successor = _successor(store.id, facts.pop("successor"))
    part = keep(Part(store_id=store.id, sku=sku, successor=successor, retired_on=None, **facts))
    set_price(store, PriceKind.PART, sku, price, cost=cost, valid_from=store.day(at), by=by, at=at)
    db.session.flush()
    learn_numbers([part.id])
    _note(part, None, _kept(part), by, at)
    return part


def change_part(part: Part, facts: dict[str, Any], *, seen: int, by: Person, at: datetime) -> bool:
    """Let these fields hold (names of FIELDS; ``successor`` is a number, "" for none); whether anything changed.

    ``seen`` is the number of the part's last change when the form was drawn. Raises Refused by field, Blocked without
    the right and when a colleague has changed one of these very fields meanwhile.
    """
    by.must(May.KEEP_PARTS, part.store_id)
    hold(db.session.get_one(Store, part.store_id), pointed_at=True)
    db.session.refresh(part)
    was, facts = _kept(part), _sound(facts)
    if "successor" in facts:
        after = _successor(part.store_id, facts.pop("successor"))
        if after is not None and (why := why_not_after(part, after)):
            raise Refused(successor=why)
        facts["successor_id"] = after.id if after else None
    before = part.successor_id
    for name, value in facts.items():
        setattr(part, name, value)
    db.session.flush()
    db.session.refresh(part)
    changed = {name for name, value in _kept(part).items() if value != was[name]}
    _nobody_was_faster(part, changed, seen)
    if changed:
        _note(part, {name: was[name] for name in was if name in changed},
              {name: value for name, value in _kept(part).items() if name in changed}, by, at)
    if before != part.successor_id:
        learn_numbers({part.id, before or part.id})
    return bool(changed)


def show_photo(part: Part, photo_id: uuid.UUID | None, *, by: Person, at: datetime) -> None:
    """From now on the part is shown by this picture, or by none."""
    by.must(May.KEEP_PARTS, part.store_id)
    hold(db.session.get_one(Store, part.store_id), pointed_at=True)
    was, part.photo_id = part.photo_id, photo_id
    if was != photo_id:
        _note(part, {"photo": bool(was)}, {"photo": bool(photo_id)}, by, at)
    db.session.flush()


def price_part(part: Part, price: Fen, cost: Fen | None, *, valid_from: date, by: Person, at: datetime) -> None:
    """From that day on a part costs so much; ``cost`` None: what it cost us before. Raises like ``set_price``."""
    store = db.session.get_one(Store, part.store_id)
    hold(store, pointed_at=True)  # two who type a price at once do not both find the day free
    set_price(store, PriceKind.PART, part.sku, price, cost=cost, valid_from=valid_from, by=by, at=at)
    db.session.flush()


def last_change(part: Part) -> int:
    """The number a form carries, so that what changed after it was drawn is noticed."""
    from models.setup.changes import PART, SettingChange

    return db.session.scalar(sa.select(sa.func.max(SettingChange.id)).where(
        SettingChange.store_id == part.store_id, SettingChange.setting == f"{PART}{part.sku}")) or 0


def in_words(kept: dict[str, Any] | None) -> Say | str:
    """Fields of a part as a reader reads them."""
    if not kept:
        return "–"
    said: Say | None = None
    for name in (name for name in FIELDS if name in kept):
        one = Say("{field}: {value}", field=FIELDS[name], value=_shown(name, kept[name]))
        said = Say("{before} · {one}", before=said, one=one) if said else one
    return said or "–"


def _shown(name: str, value: Any) -> Any:
    if value is None or value == "":
        return "–"
    if name in _WORDS:
        return _WORDS[name](value)
    if name == "launched_on":
        return date.fromisoformat(value)
    return (Say("yes") if value else Say("no")) if isinstance(value, bool) else value


def _kept(part: Part) -> dict[str, Any]:
    """The fields as they are kept in a change."""
    after = part.successor
    return {**{name: getattr(part, name) for name in FIELDS if name not in ("successor", "photo", "launched_on")},
            "successor": after.sku if after else "", "photo": part.photo_id is not None,
            "launched_on": part.launched_on and part.launched_on.isoformat()}


def _sound(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts without blanks around them. Raises Refused by field for what no shelf can have."""
    told = {name: value.strip() if isinstance(value, str) and not isinstance(value, StrEnum) else value
            for name, value in facts.items()}
    wrong = {name: Say("{most} signs at most; this has {count}.", most=most, count=len(told[name]))
             for name, most in _MOST.items() if len(told.get(name) or "") > most}
    wrong |= {name: Say("This is empty.") for name in ("name_zh", "unit") if told.get(name) == ""}
    least, most = told.get("min_qty"), told.get("max_qty")
    if least is not None and most is not None and most < least:
        wrong["max_qty"] = Say("The maximum is not below the minimum of {count}.", count=least)
    if wrong:
        raise Refused(**wrong)
    told |= {"name_en": told["name_en"] or told["name_zh"]} if "name_en" in told else {}
    told |= {"interchange": told["interchange"] or None} if "interchange" in told else {}
    return told


def _successor(store_id: int, number: str) -> Part | None:
    if not number:
        return None
    found = db.session.scalars(sa.select(Part).where(
        Part.store_id == store_id, Part.sku.in_((number, number.upper()))).order_by(Part.sku != number)).first()
    if found is None:
        raise Refused(successor=Say("{sku} is not a part of this store.", sku=number[:40]))
    return found


def _nobody_was_faster(part: Part, changed: set[str], seen: int) -> None:
    from models.setup.changes import changes_of_part

    for change in changes_of_part(part.store_id, part.sku):
        if change.id > seen and (same := changed & set(change.now if isinstance(change.now, dict) else {})):
            now = {name: change.now[name] for name in same}
            raise Blocked(Say("{person} has just changed “{setting}” to {value}. Look at it and decide again.",
                              person=change.by.name, setting=part.named, value=in_words(now)))


def _note(part: Part, was: dict[str, Any] | None, now: dict[str, Any], by: Person, at: datetime) -> None:
    from models.setup.changes import note_part  # settings stand on the catalogue

    note_part(part.store_id, part.sku, was, now, by=by, at=at)
    db.session.flush()
