"""Finding a car by whatever somebody knows of it: plate, phone, name, pinyin, VIN.

Every sign by which a file can be found is a row of ``SearchKey``, cut so that each question is the *beginning* of a
row's key: all tails of plate, phone and name, and the VIN backwards. A beginning is a range of an index on both
databases, so the search costs the same with a hundred cars and with a hundred thousand.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Owned, db, key
from models.vehicles.plates import plain

if TYPE_CHECKING:
    from models.vehicles.cars import Vehicle
    from models.vehicles.customers import Customer

# Ranges of text must follow the code points, whatever language the database server speaks.
_SIGNS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


class SearchKind(StrEnum):
    """By what it was found; also the order in which finds are shown."""

    PLATE = auto()
    PHONE = auto()
    NAME = auto()
    PINYIN = auto()
    VIN = auto()


class SearchKey(Owned):
    """One sign by which one car or one customer can be found. Derived: ``note_…`` writes it anew at every change."""

    __tablename__ = "search_key"
    __table_args__ = (
        key("vehicle_id", "vehicle"),
        key("customer_id", "customer"),
        sa.CheckConstraint("(vehicle_id IS NULL) <> (customer_id IS NULL)", name="finds_one_thing"),
        sa.Index("ix_search_key_store_kind_key", "store_id", "kind", "key"),
        sa.Index("ix_search_key_vehicle", "vehicle_id"),
        sa.Index("ix_search_key_customer", "customer_id"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[SearchKind]
    key: Mapped[str] = mapped_column(_SIGNS)
    vehicle_id: Mapped[int | None]
    customer_id: Mapped[int | None]


@dataclass(frozen=True)
class Found:
    """A line of the answer: a car with its owner, or a customer without a car. Columns only, no records."""

    store_id: int
    customer_id: int
    name: str
    phone: str
    vehicle_id: int | None
    plate: str | None
    vin: str | None
    model: str
    by: SearchKind


def note_customer(customer: Customer) -> None:
    """Write the search keys of a customer anew. Called by every method that opens or corrects the file."""
    _write(SearchKey.customer_id, customer, signs_of_customer(customer))


def note_vehicle(vehicle: Vehicle) -> None:
    """Write the search keys of a car anew. Called by every method that opens or corrects the file."""
    _write(SearchKey.vehicle_id, vehicle, signs_of_vehicle(vehicle))


def _write(mine: sa.orm.InstrumentedAttribute[int | None], record: Customer | Vehicle,
           signs: Iterable[tuple[SearchKind, str]]) -> None:
    db.session.flush()
    db.session.execute(sa.delete(SearchKey).where(mine == record.id),
                       execution_options={"synchronize_session": False})
    if rows := [{"store_id": record.store_id, mine.key: record.id, "kind": kind, "key": sign} for kind, sign in signs]:
        db.session.execute(sa.insert(SearchKey), rows)


def signs_of_vehicle(vehicle: Vehicle) -> Iterator[tuple[SearchKind, str]]:
    """Everything by which a car can be found, as (kind, key)."""
    yield from ((SearchKind.PLATE, tail) for tail in _tails(vehicle.plate or "", 2))
    if vehicle.vin:
        yield SearchKind.VIN, vehicle.vin[::-1]


def signs_of_customer(customer: Customer) -> Iterator[tuple[SearchKind, str]]:
    """Everything by which a customer can be found, as (kind, key)."""
    yield from ((SearchKind.PHONE, tail) for tail in _tails(customer.phone_shown.removeprefix("+"), 3))
    yield from ((SearchKind.NAME, tail) for tail in _tails(_word(customer.name), 1))
    yield from ((SearchKind.PINYIN, sound) for sound in sorted(sounds_of(customer.name)))


def sounds_of(name: str) -> set[str]:
    """How people spell a name on a Latin keyboard: full pinyin and initials, of every reading of the first sign.

    Surnames are often read otherwise than the dictionary thinks (曾 Zeng, 单 Shan, 仇 Qiu, 解 Xie), so each reading
    counts; ü is typed as v or u. The given name alone is found as well.
    """
    # The dictionary takes a fifth of a second to load and is needed only where a name is written.
    # Forty megabytes of phrases in every process would help whole sentences, not names.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    from pypinyin import Style, lazy_pinyin, pinyin

    name = _word(name)
    if not any("\u4e00" <= sign <= "\u9fff" for sign in name):
        return set()
    rest = lazy_pinyin(name[1:])
    sounds = set()
    for first in pinyin(name[0], style=Style.NORMAL, heteronym=True)[0]:
        syllables = [first, *rest]
        sounds |= {"".join(syllables), "".join(syllable[:1] for syllable in syllables)}
    if len(rest) > 1:
        sounds.add("".join(rest))
    return {spelt for sound in sounds for spelt in (sound, sound.replace("v", "u"))}


def _word(text: str) -> str:
    """Letters, digits and Chinese signs only: 买买提·吐尔逊 is found with and without its dot."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def _tails(text: str, shortest: int) -> Iterator[str]:
    return (text[start:] for start in range(len(text) - shortest + 1))


def _questions(text: str) -> Iterator[tuple[SearchKind, str]]:
    """What the typed text may be the beginning of."""
    word, sign = _word(text), plain(text)
    digits = "".join(c for c in sign.removeprefix("+86") if c not in "()+")
    if len(sign) >= 2 and sign.isalnum():
        yield SearchKind.PLATE, sign[:2] + sign[2:].replace("O", "0").replace("I", "1")
    if digits.isascii() and digits.isdigit() and len(digits) >= 3:
        yield SearchKind.PHONE, digits
    if word and not word.isdigit():
        yield SearchKind.NAME, word
    if len(word) >= 2 and word.isascii() and word.isalpha():
        yield SearchKind.PINYIN, word
    if len(sign) >= 4 and sign.isascii() and sign.isalnum():
        yield SearchKind.VIN, sign[::-1]


def search(store_ids: Sequence[int], text: str, *, limit: int = 20) -> list[Found]:
    """Cars and customers of these stores that fit the text, best first, at most ``limit``.

    Understands any part of a plate (2 signs), digits of a phone (3, the last four are most common), the beginning of
    a name or given name, pinyin or its initials (2 letters), the last signs of a VIN (4). Two queries, each bounded.
    """
    questions = list(_questions(text[:40]))
    hits = _hits(store_ids, questions, limit) if questions and store_ids else []
    if not hits:
        return []
    order = {kind: place for place, kind in enumerate(SearchKind)}
    by: dict[tuple[str, int], tuple[int, str, SearchKind]] = {}
    for kind, sign, vehicle_id, customer_id in hits:
        thing = ("vehicle", vehicle_id) if vehicle_id is not None else ("customer", customer_id or 0)
        rank = (order[kind], sign, kind)
        by[thing] = min(by.get(thing, rank), rank)
    found = sorted(_files(by, limit), key=lambda pair: pair[0])
    return [line for _, line in found][:limit]


def frequent_provinces(store_id: int) -> str:
    """The provinces on the plates of the store's last 200 cars, the most frequent first: '苏皖沪'. One query."""
    # The files know the search, so it meets them late.
    from models.vehicles.cars import Vehicle

    last = (sa.select(sa.func.substr(Vehicle.plate, 1, 1).label("province"))
            .where(Vehicle.store_id == store_id, Vehicle.plate.is_not(None))
            .order_by(Vehicle.id.desc()).limit(200).subquery())
    rows = db.session.execute(sa.select(last.c.province).group_by(last.c.province)
                              .order_by(sa.func.count().desc(), last.c.province).limit(6))
    return "".join(province for (province,) in rows)


def _hits(store_ids: Sequence[int], questions: Iterable[tuple[SearchKind, str]], limit: int) -> Sequence[Any]:
    """One bounded walk along the index for each store and kind; the exact tail comes before longer keys."""
    walks: list[sa.Select[Any]] = [
        sa.select(sa.select(SearchKey.kind, SearchKey.key, SearchKey.vehicle_id, SearchKey.customer_id)
                  .where(SearchKey.store_id == store_id, SearchKey.kind == kind,
                         SearchKey.key >= begin, SearchKey.key < begin[:-1] + chr(ord(begin[-1]) + 1))
                  .order_by(SearchKey.key).limit(limit).subquery())
        for store_id in store_ids for kind, begin in questions
    ]
    found: Sequence[Any] = db.session.execute(sa.union_all(*walks)).all()
    return found


def _files(by: dict[tuple[str, int], tuple[int, str, SearchKind]], limit: int,
           ) -> Iterator[tuple[tuple[int, str, int], Found]]:
    # The files know the search, so it meets them late.
    from models.vehicles.cars import Vehicle
    from models.vehicles.customers import Customer

    columns = (Customer.store_id, Customer.id, Customer.name, Customer.phone, Vehicle.id, Vehicle.plate, Vehicle.vin,
               Vehicle.model)
    vehicles = [id_ for what, id_ in by if what == "vehicle"]
    customers = [id_ for what, id_ in by if what == "customer"]
    of_vehicles = sa.select(*columns).join(Vehicle, Vehicle.owner_id == Customer.id).where(Vehicle.id.in_(vehicles))
    # A fleet has hundreds of cars: its newest ones are enough here, its own page has the rest.
    of_customers = (
        sa.select(*columns).join(Vehicle, Vehicle.owner_id == Customer.id, isouter=True)
        .where(Customer.id.in_(customers)).order_by(Vehicle.id.desc()).limit(limit * 3).subquery())
    seen = set()
    for row in db.session.execute(sa.union_all(of_vehicles, sa.select(of_customers))):
        store_id, customer_id, name, phone, vehicle_id, plate, vin, model = row
        if (customer_id, vehicle_id) in seen:
            continue
        seen.add((customer_id, vehicle_id))
        ranks = [by[thing] for thing in (("vehicle", vehicle_id), ("customer", customer_id)) if thing in by]
        place, sign, kind = min(ranks)
        yield (place, sign, vehicle_id or 0), Found(
            store_id, customer_id, name, (phone or "").removeprefix("+86"), vehicle_id, plate, vin, model or "", kind)
