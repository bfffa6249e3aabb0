"""Fact sheets: what a customer may know of an entry of the catalogue before deciding. Facts and limits, no persuasion.

A sheet is never edited: another text is another version, so that what somebody saw on a day can be named years later by
its digest (``sheets_at``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, lazyload, mapped_column

from models.base import Owned, db, hold, keep, one
from models.catalogue.honest import pressing
from models.catalogue.records import LabourOp, Part, UpgradeItem
from models.people import May, Person
from models.stores import Store
from models.words import SAID_BY_CONSTRAINT, Blocked, Refused, Say

# What a sheet says, in this order, under these words.
TEXTS: dict[str, Say] = {
    "what": Say("What this is"),
    "why": Say("What wears or fouls"),
    "effect": Say("What it does"),
    "limits": Say("What it does not do"),
    "side_effects": Say("Side effects"),
    "liability": Say("Who answers for what"),
    "if_not": Say("If it is not done"),
}
LANGUAGES = ("zh", "en")
FIELDS = tuple(f"{name}_{language}" for name in TEXTS for language in LANGUAGES)
LONGEST = 600  # signs of one text: what is longer is not read beside a car

SAID_BY_CONSTRAINT |= {
    "uq_fact_sheet_store_id_code_no": Say("Somebody else has just written this fact sheet. Look at it and decide "
                                          "again."),
}


class FactSheet(Owned):
    """One version of what is told of an entry; ``texts`` by field (``what_zh``), ``digest`` their SHA-256."""

    __tablename__ = "fact_sheet"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "code", "no"),
        sa.CheckConstraint("no > 0", name="counted_from_one"),
        sa.CheckConstraint("length(digest) = 64", name="digest"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    no: Mapped[int]
    texts: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    digest: Mapped[str] = mapped_column(index=True)
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    at: Mapped[datetime]
    by: Mapped[Person] = one("Person.id == foreign(FactSheet.by_id)")

    def text(self, name: str, language: str) -> str:
        """One text for a reader; Chinese where nobody has written the other language."""
        told = self.texts[f"{name}_en"] if language.startswith("en") else ""
        return told or self.texts[f"{name}_zh"]

    def told(self, language: str) -> list[tuple[Say, str]]:
        """All of it, as heading and text."""
        return [(heading, self.text(name, language)) for name, heading in TEXTS.items()]


def digest_of(code: str, texts: Mapping[str, str]) -> str:
    """What names a sheet's text in a seal: SHA-256 of the canonical form of its code and texts."""
    from models.seal.canonical import digest  # what is sealed names the sheets, so they meet late

    return digest({"code": code, "texts": dict(texts)})


def read_texts(typed: Mapping[str, str]) -> dict[str, str]:
    """The texts of a sheet out of fields. Raises Refused, by field: Chinese is needed, all else is as it must be."""
    texts = {field: " ".join(typed.get(field, "").split()) for field in FIELDS}
    if wrong := {field: why for field, text in texts.items() if (why := unfit(field, text))}:
        raise Refused(**wrong)
    return texts


def unfit(field: str, text: str) -> Say | None:
    """What is wrong with one text of a sheet, if anything."""
    if not text and field.endswith("_zh"):
        return Say("is empty: a sheet without its limits and side effects is advertising")
    if len(text) > LONGEST:
        return Say("{most} signs at most; this has {count}.", most=LONGEST, count=len(text))
    return next(pressing(text), None)


def write_sheet(store: Store, code: str, typed: Mapping[str, str], *, seen: int, by: Person,
                at: datetime) -> FactSheet | None:
    """Let these texts hold for an entry from now on; None when they are what holds already.

    ``seen`` is the version the writer had before them, 0 for none. Raises Refused by field (an unknown code, an empty
    text, a word that presses), Blocked when a colleague has written another version meanwhile.
    """
    by.must(May.MANAGE, store.id)
    texts = read_texts(typed)
    hold(store, pointed_at=True)
    if code not in entries_of(store.id, [code]):
        raise Refused(code=Say("{code} is not in the catalogue.", code=code or "–"))
    last = sheets_at(store.id, [code]).get(code)
    if last is not None and last.texts == texts:
        return None
    if (last.no if last else 0) != seen:
        assert last is not None  # versions only grow
        raise Blocked(Say("{person} has just written version {no} of this sheet. Look at it and decide again.",
                          person=last.by.name, no=last.no))
    return next_version(store.id, code, texts, last, by=by, at=at)


def next_version(store_id: int, code: str, texts: Mapping[str, str], last: FactSheet | None, *, by: Person,
                 at: datetime) -> FactSheet:
    """The version after ``last``, of texts that were read (``read_texts``)."""
    return keep(FactSheet(store_id=store_id, code=code, no=last.no + 1 if last else 1, texts=dict(texts),
                          digest=digest_of(code, texts), by=by, by_id=by.id, at=at))


def sheets_at(store_id: int, codes: Collection[str] | None = None, at: datetime | None = None) -> dict[str, FactSheet]:
    """The sheet of each code (of all) as it stood at a moment, or stands now; codes without one are missing. One
    query."""
    narrowed: list[sa.ColumnElement[bool]] = [FactSheet.code.in_(codes)] if codes is not None else []
    if at is not None:
        narrowed.append(FactSheet.at <= at)
    last = (sa.select(FactSheet.code, sa.func.max(FactSheet.no).label("no"))
            .where(FactSheet.store_id == store_id, *narrowed).group_by(FactSheet.code).subquery())
    rows = db.session.scalars(
        sa.select(FactSheet).join(last, sa.and_(FactSheet.code == last.c.code, FactSheet.no == last.c.no))
        .where(FactSheet.store_id == store_id))
    return {sheet.code: sheet for sheet in rows}


def versions_of(store_id: int, code: str) -> list[FactSheet]:
    """Every version of a sheet, the newest first."""
    return list(db.session.scalars(
        sa.select(FactSheet).where(FactSheet.store_id == store_id, FactSheet.code == code)
        .options(sa.orm.joinedload(FactSheet.by)).order_by(FactSheet.no.desc())))


def entries_of(store_id: int, codes: Collection[str]) -> dict[str, UpgradeItem | LabourOp | Part]:
    """The entries of the catalogue that codes name: upgrade items, operations, then parts, as on an order."""
    parts = db.session.scalars(sa.select(Part).where(Part.store_id == store_id, Part.sku.in_(codes)))
    ops = db.session.scalars(sa.select(LabourOp).where(LabourOp.store_id == store_id, LabourOp.code.in_(codes)))
    items = db.session.scalars(sa.select(UpgradeItem).options(lazyload("*")).where(
        UpgradeItem.store_id == store_id, UpgradeItem.code.in_(codes)))
    return ({part.sku: part for part in parts} | {op.code: op for op in ops} | {item.code: item for item in items})
