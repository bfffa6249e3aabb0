"""Settings change by acts, each a row: what, from, to, by whom, when. Whoever was slower is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, joinedload, mapped_column

from models.base import Owned, db, hold, keep, one
from models.people import May, Person
from models.setup.sample import SUFFIX, sample_of
from models.setup.settings import HOURS, SETTINGS, Setting, plain
from models.stores import Bay, Store
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

ENTRY, PART = "entry:", "part:"


class SettingChange(Owned):
    """One change of one setting; a bay is the setting ``bay:<code>``, an entry of the catalogue ``entry:<code>``, of
    which only the day it leaves is kept, a part ``part:<number>`` with the fields that changed. Append-only: putting
    back is a new change."""

    __tablename__ = "setting_change"
    __table_args__ = (sa.Index("ix_setting_change_store_setting", "store_id", "setting"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    setting: Mapped[str]
    was: Mapped[Any] = mapped_column(sa.JSON)
    now: Mapped[Any] = mapped_column(sa.JSON)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    by: Mapped[Person] = one("Person.id == foreign(SettingChange.by_id)")

    @property
    def declared(self) -> Setting | None:
        """The setting, None for a bay and for an entry of the catalogue."""
        return SETTINGS.get(self.setting)

    @property
    def label(self) -> Say:
        """What was changed, in words."""
        if self.declared is not None:
            return self.declared.label
        kind, _, code = self.setting.partition(":")
        return Say("Bay {code}", code=code) if kind == "bay" else Say("{code} in the catalogue", code=code)

    def shown(self, value: Any) -> Any:
        """A value of this change as a reader reads it."""
        if self.declared is not None:
            return self.declared.shown(self.declared.found(value))
        if self.setting.startswith(PART):
            from models.catalogue.changing import in_words  # the catalogue notes its changes here

            return in_words(value)
        if self.setting.startswith(ENTRY):
            return Say("In use") if value is None else Say("Retired from {day}", day=date.fromisoformat(value))
        return "–" if value is None else _bay_in_words(value)


def last_change(store: Store) -> int:
    """The number a form carries, so that what changed after it was drawn is noticed."""
    return db.session.scalar(sa.select(sa.func.max(SettingChange.id)).where(
        SettingChange.store_id == store.id)) or 0


def history(store: Store, *, at_most: int = 200) -> list[SettingChange]:
    """What was changed, the newest first."""
    return list(db.session.scalars(
        sa.select(SettingChange).where(SettingChange.store_id == store.id).options(joinedload(SettingChange.by))
        .order_by(SettingChange.id.desc()).limit(at_most)))


def change(store: Store, typed: Mapping[str, str], *, seen: int, by: Person, at: datetime) -> list[SettingChange]:
    """Let what was typed hold, by name of the setting; what is as it was makes no row.

    ``seen`` is ``last_change`` when the form was drawn. Raises Refused by field, and Blocked when a colleague changed
    one of these very settings meanwhile: the second is told what it is now.
    """
    by.must(May.MANAGE, store.id)
    hold(store, pointed_at=True)
    wanted: dict[str, Any] = {}
    wrong: dict[str, Say] = {}
    for name, text in typed.items():
        try:
            wanted[name] = SETTINGS[name].read(text)
        except Refused as refused:
            wrong |= refused.fields
    if wrong:
        raise Refused(**wrong)
    return _let_hold(store, {name: value for name, value in wanted.items() if SETTINGS[name].of(store) != value},
                     seen=seen, by=by, at=at)


def put_back(change: SettingChange, *, seen: int, by: Person, at: datetime) -> list[SettingChange]:
    """What held before a change holds again: a change of its own. Raises Blocked like ``change``."""
    store = db.session.get_one(Store, change.store_id)
    by.must(May.MANAGE, store.id)
    hold(store, pointed_at=True)
    setting = change.declared
    if setting is None:
        raise Blocked(Say("A bay is changed on its own page."))
    return _let_hold(store, {setting.name: setting.found(change.was)}, seen=seen, by=by, at=at)


def _code_moves(store: Store, code: str) -> None:
    """No two stores have one code; the sample made from a store is known by it and goes with it. Raises Refused."""
    if db.session.scalar(sa.select(Store.id).where(Store.code == code, Store.id != store.id)):
        raise Refused(code=Say("Another store has this code."))
    sample = sample_of(store)
    if sample is not None and code != store.code:
        sample.code = code + SUFFIX


def _let_hold(store: Store, wanted: Mapping[str, Any], *, seen: int, by: Person, at: datetime) -> list[SettingChange]:
    _nobody_was_faster(store, list(wanted), seen)
    if "code" in wanted:
        _code_moves(store, wanted["code"])
    made = []
    for name, value in wanted.items():
        setting = SETTINGS[name]
        was = setting.of(store)
        if was == value:
            continue
        made.append(keep(SettingChange(store_id=store.id, setting=name, was=setting.kept(was), now=setting.kept(value),
                                       by=by, by_id=by.id, at=at)))
        setting.put(store, value)
    if any(SETTINGS[name].page == HOURS for name in wanted):
        _hours_fit(store)
    db.session.flush()
    return made


def note_entry(store_id: int, code: str, was: date | None, now: date | None, *, by: Person, at: datetime) -> None:
    """Keep that an entry of the catalogue leaves on a day, or is back."""
    if was != now:
        keep(SettingChange(store_id=store_id, setting=f"{ENTRY}{code}", was=was and was.isoformat(),
                           now=now and now.isoformat(), by=by, by_id=by.id, at=at))


def note_part(store_id: int, sku: str, was: dict[str, Any] | None, now: dict[str, Any] | None, *, by: Person,
              at: datetime) -> None:
    """Keep which fields of a part changed, from what to what; ``was`` is None for a new one."""
    keep(SettingChange(store_id=store_id, setting=f"{PART}{sku}", was=was, now=now, by=by, by_id=by.id, at=at))


def changes_of_part(store_id: int, sku: str) -> list[SettingChange]:
    """What was changed of a part, when it left and came back, the newest first."""
    return list(db.session.scalars(
        sa.select(SettingChange).where(SettingChange.store_id == store_id,
                                       SettingChange.setting.in_((f"{PART}{sku}", f"{ENTRY}{sku}")))
        .options(joinedload(SettingChange.by)).order_by(SettingChange.id.desc()).limit(100)))


def _nobody_was_faster(store: Store, names: list[str], seen: int) -> None:
    newer = db.session.scalars(
        sa.select(SettingChange).where(SettingChange.store_id == store.id, SettingChange.setting.in_(names),
                                       SettingChange.id > seen)
        .options(joinedload(SettingChange.by)).order_by(SettingChange.id)).all()
    if newer:
        last = {change.setting: change for change in newer}
        raise Blocked([Say("{person} has just changed “{setting}” to {value}. Look at it and decide again.",
                           person=change.by.name, setting=change.label, value=change.shown(change.now))
                       for change in last.values()])


def _hours_fit(store: Store) -> None:
    if store.opens >= store.closes:
        raise Refused(closes=Say("The store closes after it opens."))
    if not store.opens <= store.lunch_from <= store.lunch_to <= store.closes:
        raise Refused(lunch_to=Say("Lunch lies within the opening hours, and ends after it began."))


# --------------------------------------------------------------------------- bays


BAY_KINDS: dict[str, Say] = {"mechanical": Say("mechanical"), "body": Say("body and paint"), "wash": Say("wash")}
_CODE_TAKEN = Say("There is a bay of this code already.")
SAID_BY_CONSTRAINT |= {"uq_bay_store_id_code": _CODE_TAKEN, "uq_store_code": Say("Another store has this code.")}


def _bay_in_words(value: dict[str, Any]) -> Say:
    kind = BAY_KINDS.get(value["kind"], value["kind"])
    said = Say("{code}, {kind}", code=value["code"], kind=kind)
    if value["places"] > 1:
        said = Say("{bay}, {places} places", bay=said, places=value["places"])
    return Say("{bay}, not used any more", bay=said) if value["retired"] else said


def _kept(bay: Bay) -> dict[str, Any]:
    return {"code": bay.code, "kind": bay.kind, "places": bay.places, "retired": bay.retired_on is not None}


def _read_bay(code: str, kind: str, places: str) -> dict[str, Any]:
    code, number = plain_code(code), places.strip() or "1"
    if not 0 < len(code) <= 12:
        raise Refused(code=Say("A code of one to twelve characters, like B1."))
    if kind not in BAY_KINDS:
        raise Refused(kind=Say("Choose one."))
    if not (number.isascii() and number.isdigit() and len(number) < 4 and 1 <= int(number) <= 20):
        raise Refused(places=Say("Type a whole number from {least} to {most}.", least=1, most=20))
    return {"code": code, "kind": kind, "places": int(number)}


def plain_code(text: str) -> str:
    """A code as the house writes it: no full-width characters, no blanks."""
    return "".join(plain(text).split())


def add_bays(store: Store, codes: str, kind: str, places: str = "1", *, by: Person, at: datetime) -> list[Bay]:
    """Open bays, several at once when the codes are separated by commas or blanks. Raises Refused for a taken code."""
    by.must(May.MANAGE, store.id)
    hold(store, pointed_at=True)
    wanted = [code for code in codes.replace("，", ",").replace("、", ",").replace(" ", ",").split(",") if code]
    if not wanted:
        raise Refused(code=Say("A code of one to twelve characters, like B1."))
    return [_open_bay(store, _read_bay(code, kind, places), by, at) for code in dict.fromkeys(wanted)]


def _open_bay(store: Store, facts: dict[str, Any], by: Person, at: datetime) -> Bay:
    _code_is_free(store, facts["code"], None)
    bay = keep(Bay(store_id=store.id, **facts))
    _note_bay(bay, None, by, at)
    return bay


def change_bay(bay: Bay, code: str, kind: str, places: str, *, seen: int, by: Person, at: datetime) -> None:
    """Rename a bay or change what it is. The records of its past keep pointing to it."""
    store = _held(bay, seen, by)
    was, facts = _kept(bay), _read_bay(code, kind, places)
    _code_is_free(store, facts["code"], bay)
    bay.code, bay.kind, bay.places = facts["code"], facts["kind"], facts["places"]
    _note_bay(bay, was, by, at)


def retire_bay(bay: Bay, *, seen: int, by: Person, at: datetime) -> None:
    """Use a bay no more; or, retired, use it again. Never deleted: cars stood there. Refused while one does."""
    store = _held(bay, seen, by)
    if bay.retired_on is None and _stands_there(bay):
        raise Blocked(Say("A clock runs at bay {bay}. Retire it when the car has left.", bay=bay.code))
    was = _kept(bay)
    bay.retired_on = store.day(at) if bay.retired_on is None else None
    _note_bay(bay, was, by, at)


def _held(bay: Bay, seen: int, by: Person) -> Store:
    store = db.session.get_one(Store, bay.store_id)
    by.must(May.MANAGE, store.id)
    hold(store, pointed_at=True)
    _nobody_was_faster(store, [f"bay:{bay.code}"], seen)
    return store


def _stands_there(bay: Bay) -> bool:
    from models.dispatch import Clocking

    return db.session.scalar(sa.select(Clocking.id).where(
        Clocking.bay_id == bay.id, Clocking.stopped_at.is_(None)).limit(1)) is not None


def _code_is_free(store: Store, code: str, but: Bay | None) -> None:
    taken = db.session.scalar(sa.select(Bay.id).where(Bay.store_id == store.id, Bay.code == code))
    if taken is not None and (but is None or taken != but.id):
        raise Refused(code=_CODE_TAKEN)


def _note_bay(bay: Bay, was: dict[str, Any] | None, by: Person, at: datetime) -> None:
    now = _kept(bay)
    if now != was:
        keep(SettingChange(store_id=bay.store_id, setting=f"bay:{bay.code}", was=was, now=now, by=by, by_id=by.id,
                           at=at))
    db.session.flush()
