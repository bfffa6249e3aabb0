"""What the store can do and sell. Names stand in both languages; prices are dated rows of their own."""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum, auto

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from models.base import Owned, key, many, one
from models.catalogue.signs import signs_of
from models.words import Named


class PartSource(StrEnum):
    """Where a part comes from; the customer has a right to know."""

    GENUINE = auto()
    EQUIVALENT = auto()
    REMANUFACTURED = auto()


class PartKind(StrEnum):
    """What sort of thing a part is."""

    PART = auto()
    CONSUMABLE = auto()
    ACCESSORY = auto()


def _signs(row: sa.engine.default.DefaultExecutionContext) -> str:
    """Of a row that is being written, one by one or thousands at once."""
    told = row.get_current_parameters()  # type: ignore[no-untyped-call]
    return signs_of(told.get("sku") or told["code"], told["name_zh"], told["name_en"], told.get("maker_number") or "")


class MakerSays(StrEnum):
    """Whether the maker's own schedule has an upgrade item; ``NOT_KNOWN`` until somebody has looked."""

    NOT_KNOWN = auto()
    LISTS = auto()
    DOES_NOT_LIST = auto()


class _Entry(Owned):
    """What every entry of the catalogue has: two names, what it is found by, and perhaps a last day."""

    __abstract__ = True
    id: Mapped[int] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    retired_on: Mapped[date | None]
    signs: Mapped[str] = mapped_column(default=_signs, server_default="", deferred=True)

    def used_on(self, day: date) -> bool:
        """Whether it can be taken on a day; ``retired_on`` is the first on which it cannot, and may be to come."""
        return self.retired_on is None or day < self.retired_on

    @classmethod
    def in_use(cls, day: date) -> sa.ColumnElement[bool]:
        """The same for a query."""
        return sa.or_(cls.retired_on.is_(None), cls.retired_on > day)

    @property
    def number(self) -> str:
        """What it is typed by: the code, or the number of the part."""
        told: str = getattr(self, "sku" if isinstance(self, Part) else "code")
        return told

    @property
    def named(self) -> Named:
        """The name as a fact of a sentence, told in the reader's language."""
        return Named(self.name_zh, self.name_en)

    def name_in(self, language: str) -> str:
        """The name on screen and paper: English for 'en', else Chinese."""
        return self.name_en if language.startswith("en") else self.name_zh


@sa.event.listens_for(_Entry, "before_update", propagate=True)
def _renamed(_: object, asking: sa.Connection, entry: _Entry) -> None:
    told = sa.inspect(entry).attrs
    if any(told[name].history.has_changes() for name in ("name_zh", "name_en", "maker_number") if name in told):
        other = (entry.maker_number, *numbers_before(asking, entry.id)) if isinstance(entry, Part) else ()
        entry.signs = signs_of(entry.number, entry.name_zh, entry.name_en, *other)


class LabourOp(_Entry):
    """A labour operation with its flat-rate time in hundredths of an hour (L01: 50)."""

    __tablename__ = "labour_op"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "code"),
        sa.CheckConstraint("std_hours >= 0", name="hours_not_negative"),
    )
    code: Mapped[str]
    std_hours: Mapped[int]


class Part(_Entry):
    """A part as the shelf knows it. How many lie there is the stock book's answer, not kept here.

    ``interchange``: parts of the same interchange number fit in each other's place (互换号), from whatever source;
    ``successor`` is the part that the maker has put in its place (替代件). ``bin`` is where it belongs, ``pack`` how
    many come in one; ``min_qty`` and ``max_qty`` what should lie there. ``lots``: its lots are told apart.
    """

    __tablename__ = "part"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "sku"),
        key("successor_id", "part"), key("photo_id", "stored_file"),
        sa.CheckConstraint("min_qty >= 0", name="minimum_not_negative"),
        sa.CheckConstraint("max_qty >= min_qty", name="maximum_above_minimum"),
        sa.CheckConstraint("pack > 0", name="packed"),
        sa.CheckConstraint("successor_id <> id", name="never_its_own_successor"),
        sa.Index("ix_part_store_bin", "store_id", "bin"),
        sa.Index("ix_part_store_minimum", "store_id", "min_qty"),
        sa.Index("ix_part_store_interchange", "store_id", "interchange"),
    )
    sku: Mapped[str]
    unit: Mapped[str]
    source: Mapped[PartSource] = mapped_column(default=PartSource.GENUINE)
    bin: Mapped[str]
    min_qty: Mapped[int]
    max_qty: Mapped[int | None]
    pack: Mapped[int] = mapped_column(default=1, server_default="1")
    kind: Mapped[PartKind] = mapped_column(default=PartKind.PART, server_default=PartKind.PART.value)
    maker_number: Mapped[str] = mapped_column(default="", server_default="")
    lots: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    launched_on: Mapped[date | None]
    interchange: Mapped[str | None]
    successor_id: Mapped[int | None] = mapped_column(index=True)
    photo_id: Mapped[uuid.UUID | None]
    successor: Mapped[Part | None] = one("Part.id == foreign(Part.successor_id)", remote_side="Part.id")


def numbers_before(asking: sa.Connection | orm.Session, part_id: int) -> list[str]:
    """The numbers of the parts that this one has replaced, and of those which they had replaced."""
    before = (sa.select(Part.id, Part.sku, Part.maker_number).where(Part.successor_id == part_id)
              .cte("before", recursive=True))
    older = aliased(Part)
    before = before.union(sa.select(older.id, older.sku, older.maker_number).where(older.successor_id == before.c.id))
    rows = asking.execute(sa.select(before.c.sku, before.c.maker_number).where(before.c.id != part_id)).all()
    return [number for row in rows for number in row if number]


class UpgradeItem(_Entry):
    """An upgrade maintenance item: one line with labour and parts, due by mileage, by months, or whichever first.

    ``evidence`` says what photo or reading belongs to it; ``hides`` are the items it contains (U04: U01, U02, U03),
    which are not offered beside it and are done when it is done. ``place`` is its order in lists. ``maker`` says
    whether the maker's schedule has it, ``maker_km`` and ``maker_months`` how often: the interval is the store's own.
    Both lists load with the item, in one further query each.
    """

    __tablename__ = "upgrade_item"
    __table_args__ = (
        sa.UniqueConstraint("store_id", "code"),
        sa.CheckConstraint("std_hours >= 0", name="hours_not_negative"),
        sa.CheckConstraint("interval_km > 0", name="km_positive"),
        sa.CheckConstraint("interval_months > 0", name="months_positive"),
        sa.CheckConstraint("interval_km IS NOT NULL OR interval_months IS NOT NULL", name="has_an_interval"),
    )
    code: Mapped[str]
    place: Mapped[int]
    interval_km: Mapped[int | None]
    interval_months: Mapped[int | None]
    std_hours: Mapped[int]
    evidence: Mapped[str] = mapped_column(default="")
    maker: Mapped[MakerSays] = mapped_column(default=MakerSays.NOT_KNOWN, server_default=MakerSays.NOT_KNOWN.value)
    maker_km: Mapped[int | None]
    maker_months: Mapped[int | None]
    parts: Mapped[list[UpgradePart]] = many(
        "UpgradeItem.id == foreign(UpgradePart.item_id)", back_populates="item", order_by="UpgradePart.id",
        lazy="selectin")
    hides: Mapped[list[UpgradeItem]] = relationship(
        secondary="upgrade_hides", primaryjoin="UpgradeItem.id == foreign(UpgradeHides.item_id)",
        secondaryjoin="UpgradeItem.id == foreign(UpgradeHides.hidden_id)", order_by="UpgradeItem.place",
        viewonly=True, lazy="selectin", join_depth=1)


class UpgradeHides(Owned):
    """One upgrade item contains another."""

    __tablename__ = "upgrade_hides"
    __table_args__ = (
        key("item_id", "upgrade_item"),
        key("hidden_id", "upgrade_item"),
        sa.UniqueConstraint("item_id", "hidden_id"),
        sa.CheckConstraint("item_id <> hidden_id", name="not_itself"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int]
    hidden_id: Mapped[int]


class UpgradePart(Owned):
    """A part that an upgrade item needs, and how many."""

    __tablename__ = "upgrade_part"
    __table_args__ = (
        key("item_id", "upgrade_item"),
        key("part_id", "part"),
        sa.UniqueConstraint("item_id", "part_id"),
        sa.CheckConstraint("qty > 0", name="qty_positive"),
    )
    owned_by = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int]
    part_id: Mapped[int]
    qty: Mapped[int]
    item: Mapped[UpgradeItem] = one("UpgradeItem.id == foreign(UpgradePart.item_id)", back_populates="parts")
    part: Mapped[Part] = one("Part.id == foreign(UpgradePart.part_id)", lazy="joined", innerjoin=True)


class Package(_Entry):
    """A group of lines taken and decided together in one tap (M1, M2, M3). ``lines`` load with it."""

    __tablename__ = "package"
    __table_args__ = (sa.UniqueConstraint("store_id", "code"),)
    code: Mapped[str]
    lines: Mapped[list[PackageLine]] = many(
        "Package.id == foreign(PackageLine.package_id)", back_populates="package", order_by="PackageLine.place",
        lazy="selectin")


class PackageLine(Owned):
    """One line of a package: a labour operation or a part, and how many."""

    __tablename__ = "package_line"
    __table_args__ = (
        key("package_id", "package"),
        key("op_id", "labour_op"),
        key("part_id", "part"),
        sa.UniqueConstraint("package_id", "place"),
        sa.CheckConstraint("(op_id IS NULL) <> (part_id IS NULL)", name="operation_or_part"),
        sa.CheckConstraint("qty > 0", name="qty_positive"),
    )
    owned_by = "package"
    id: Mapped[int] = mapped_column(primary_key=True)
    package_id: Mapped[int]
    place: Mapped[int]
    op_id: Mapped[int | None]
    part_id: Mapped[int | None]
    qty: Mapped[int] = mapped_column(default=1)
    package: Mapped[Package] = one("Package.id == foreign(PackageLine.package_id)", back_populates="lines")
    op: Mapped[LabourOp | None] = one("LabourOp.id == foreign(PackageLine.op_id)", lazy="joined")
    part: Mapped[Part | None] = one("Part.id == foreign(PackageLine.part_id)", lazy="joined")

    @property
    def code(self) -> str:
        """The code of the operation or the number of the part."""
        if self.op is not None:
            return self.op.code
        assert self.part is not None  # the database holds that it is one of the two
        return self.part.sku
