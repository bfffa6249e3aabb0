"""Counter sale (柜台销售): what lies on the counter, the sales of a day, one sale with its returns; and lost sales."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Response, request, url_for
from sqlalchemy.orm import joinedload, selectinload

from models.base import db
from models.catalogue import Part, PriceKind, prices_on
from models.delivery import Means
from models.labels import LabelKind, read
from models.money import Fen
from models.parts import Stock
from models.parts.claims import part_named
from models.parts.lost import LostSale, LostWhy, note_lost
from models.parts.sales import Item, Sale, SaleLine, SaleReturn, sell, take_sale_back
from models.parts.stock import lots_of
from models.people import May, Person
from models.words import Blocked, Refused, Say
from views.access import allow, find, me, now, ours, store
from views.again import again
from views.fields import choice, digits, fen, sent, text, whole
from views.lists import Column, Kind, Listing, listed, show_list
from views.parts.counter import bp
from views.respond import changed, show

SALES = Listing("sales", Say("Counter sales"), (
    Column("number", Say("Number"), of=Sale.number),
    Column("at", Say("When"), Kind.MOMENT, Sale.at),
    Column("customer", Say("Customer"), of=Sale.customer, sorts=False),
    Column("parts", Say("Parts"), of=sa.func.min(SaleLine.name_zh), en=sa.func.min(SaleLine.name_en), sorts=False),
    Column("lines", Say("Lines"), Kind.COUNT, sa.func.count(SaleLine.id)),
    Column("pieces", Say("Pieces"), Kind.COUNT, sa.func.sum(SaleLine.quantity)),
    Column("back", Say("Came back"), Kind.COUNT, sa.func.sum(SaleLine.returned)),
    Column("total", Say("Amount"), Kind.MONEY, Sale.total),
    Column("means", Say("Means"), Kind.WORD, Sale.means),
    Column("by", Say("Sold by"), of=Person.name, by=Person.number),
), order=("-at",), last=Sale.id.desc(), carries={"id": Sale.id})
LOST = Listing("lost", Say("Lost sales"), (
    Column("at", Say("When"), Kind.MOMENT, LostSale.at),
    Column("part", Say("Part"), of=sa.func.coalesce(Part.name_zh, LostSale.words),
           en=sa.func.coalesce(Part.name_en, LostSale.words), sorts=False),
    Column("sku", Say("Part number"), of=Part.sku, sorts=False),
    Column("quantity", Say("Pieces"), Kind.COUNT, LostSale.quantity),
    Column("why", Say("Why"), Kind.WORD, LostSale.why),
    Column("by", Say("Noted by"), of=Person.name, by=Person.number),
), order=("-at",), last=LostSale.id.desc(), carries={"part_id": LostSale.part_id, "words": LostSale.words})
WHOLE = (joinedload(Sale.by), selectinload(Sale.lines).options(
    joinedload(SaleLine.part), selectinload(SaleLine.returns).joinedload(SaleReturn.by)))


@dataclass(frozen=True)
class Row:
    """A part on the counter: how many of it, its price of the day (None: it has none), how many are free."""

    part: Part
    pieces: int
    price: Fen | None
    free: int
    lots: tuple[str, ...]
    lot: str
    discount: str

    @property
    def amount(self) -> Fen:
        return Fen(int(self.price or 0) * self.pieces - int(_let_off(self.discount)))


@bp.get("/sales/new")
@allow(May.SELL_PARTS)
def new_sale() -> Response:
    """What lies on the counter: scan or type part after part, then take the money."""
    trouble, added = None, None
    try:
        added = scanned_part()
    except Blocked as blocked:
        trouble = blocked.sentences[0]
    rows = on_the_counter(added)
    return show("parts/sale_new.html", "basket", rows=rows, trouble=trouble, added=added[0] if added else None,
                total=Fen(sum(row.amount for row in rows)), means=list(Means))


def scanned_part() -> tuple[Part, str] | None:
    """The part (and lot) whose label was scanned or typed, None where nothing was. Raises Blocked for none of ours."""
    label = request.args.get("label", "").strip()[:400]
    if not label or request.method != "GET":
        return None
    told = read(label)
    part = part_named(store().id, label)
    if part is None:
        raise Blocked(Say("{sku} is not a part of this store.", sku=label[:40]))
    return part, told.code.rpartition("/")[2] if told and told.kind is LabelKind.LOT else ""


def on_the_counter(added: tuple[Part, str] | None = None) -> list[Row]:
    """The rows of the page as it was sent, and one piece more of what was scanned."""
    fields = request.values
    told = {number: fields[name] for name in fields if name.startswith("pieces-")
            and (number := digits(name.removeprefix("pieces-"))) is not None}
    if not told:  # without scripts the rows come along in one field
        told = {number: pieces for one in fields.get("had", "").split(".")
                if (number := digits(one.partition("x")[0])) is not None and (pieces := one.partition("x")[2])}
    wanted = {id_: digits(pieces, most=4) or 0 for id_, pieces in told.items()}
    if added is not None:
        wanted[added[0].id] = wanted.get(added[0].id, 0) + 1
    wanted = {id_: pieces for id_, pieces in wanted.items() if pieces}
    parts = {part.id: part for part in db.session.scalars(ours(Part).where(Part.id.in_(wanted)))} if wanted else {}
    free = {id_: there for id_, there in db.session.execute(sa.select(
        Stock.part_id, Stock.on_hand - Stock.reserved).where(Stock.part_id.in_(parts)))} if parts else {}
    prices = prices_on(store().id, store().day(now()), codes=[part.sku for part in parts.values()]).prices
    return [_row(parts[id_], pieces, prices.get((PriceKind.PART, parts[id_].sku)), free.get(id_, 0),
                 added[1] if added and added[0].id == id_ else "") for id_, pieces in wanted.items() if id_ in parts]


def _row(part: Part, pieces: int, price: tuple[Fen, Fen | None] | None, free: int, lot: str) -> Row:
    lots = tuple(lots_of(part)) if part.lots else ()
    return Row(part, pieces, price[0] if price else None, free, lots,
               lot or request.values.get(f"lot-{part.id}", "") or (lots[0] if len(lots) == 1 else ""),
               request.values.get(f"discount-{part.id}", ""))


def _let_off(typed: str) -> Fen:
    """What is let off as typed, nothing while it cannot be read: the sale itself refuses that."""
    whole_, _, rest = typed.strip().partition(".")
    number, hundredths = digits(whole_ or "0", most=6), digits((rest + "00")[:2])
    return Fen(0) if number is None or hundredths is None or len(rest) > 2 else Fen(number * 100 + hundredths)


@bp.post("/sales")
@allow(May.SELL_PARTS)
@again(new_sale)
def sell_parts() -> Response:
    """Paid and taken along."""
    items = [Item(row.part, row.pieces, fen(f"discount-{row.part.id}") if row.discount else Fen(0), row.lot)
             for row in on_the_counter()]
    sale = sell(store(), items, choice(Means, "means"), by=me(), at=now(), customer=text("customer", most=60),
                phone=text("phone", most=30), reason=text("reason", most=200),
                seen=Fen(digits(text("seen"), most=12) or 0) if text("seen") else None)
    return changed(url_for(".sale", id=sale.id), said=Say("{number}: {amount} taken.", number=sale.number,
                                                          amount=sale.total))


@bp.get("/sales")
@allow(May.SELL_PARTS, May.SEE_FIGURES)
def sales() -> Response:
    """The sales of a day, and what they come to by means."""
    today = store().day(now())
    day = chosen_day(today)
    since, until = store().span(day, day)
    theirs = (SALES.select().select_from(Sale).join(SaleLine, SaleLine.sale_id == Sale.id)
              .join(Person, Person.id == Sale.by_id).where(Sale.store_id == store().id, Sale.at >= since,
                                                           Sale.at < until).group_by(Sale.id, Person.id))
    return show_list("parts/sales.html", "sales", lists=[listed(SALES, theirs, path=url_for(".sales"))], day=day,
                     today=today, before=day - timedelta(1), after=day + timedelta(1) if day < today else None,
                     sums=sums(since, until))


def chosen_day(today: date) -> date:
    """The day that the address names, today without one or with none that is a day."""
    try:
        return min(today, date.fromisoformat(request.args.get("day", "")))
    except ValueError:
        return today


def sums(since: Any, until: Any) -> list[tuple[Means, Fen, Fen]]:
    """What was taken and paid back in a span, by means: (means, taken, paid back) in fen."""
    taken, back = ({one: int(fen_) for one, fen_ in db.session.execute(
        sa.select(kind.means, sa.func.sum(amount)).where(kind.store_id == store().id, kind.at >= since, kind.at < until)
        .group_by(kind.means))} for kind, amount in ((Sale, Sale.total), (SaleReturn, SaleReturn.refund)))
    return [(means, Fen(taken.get(means, 0)), Fen(back.get(means, 0))) for means in Means
            if means in taken or means in back]


@bp.get("/sales/<id>")
@allow(May.SELL_PARTS, May.SEE_FIGURES)
def sale(id: str) -> Response:  # noqa: A002
    """One sale: what was sold for how much, and what of it came back."""
    return show("parts/sale.html", sale=find(Sale, id, *WHOLE), means=list(Means))


@bp.post("/sales/lines/<id>/returns")
@allow(May.SELL_PARTS)
@again(lambda id: sale(find(SaleLine, id).sale_id))  # noqa: A006
def sale_back(id: str) -> Response:  # noqa: A002
    """Sold pieces come back and are paid back."""
    line = find(SaleLine, id, joinedload(SaleLine.part))
    back = take_sale_back(line, whole("pieces", least=1), choice(Means, "means"), text("why", most=200), by=me(),
                          at=now())
    return changed(url_for(".sale", id=line.sale_id), said=Say("{number}: {amount} paid back.", number=back.number,
                                                               amount=back.refund))


# --------------------------------------------------------------------------- lost sales


@bp.get("/lost-sales")
@allow(May.ISSUE_PARTS, May.SEE_FIGURES)
def lost() -> Response:
    """What was wanted and could not be sold; one tap on the reason notes another."""
    asked = request.values.get("part")
    noted = (LOST.select().select_from(LostSale).outerjoin(Part, Part.id == LostSale.part_id)
             .join(Person, Person.id == LostSale.by_id).where(LostSale.store_id == store().id))
    return show_list("parts/lost.html", "lost", lists=[listed(LOST, noted, path=url_for(".lost"))],
                     whys=list(LostWhy), part=find(Part, asked) if asked else None,
                     words=request.values.get("words", "")[:120])


@bp.post("/lost-sales")
@allow(May.ISSUE_PARTS)
@again(lost)
def note_lost_sale() -> Response:
    """Somebody wanted it and went without."""
    words = text("words", most=120)
    part = find(Part, text("part")) if text("part") else part_named(store().id, words) if words else None
    if "why" not in sent():
        raise Refused(why=Say("Choose one."))
    note_lost(store(), choice(LostWhy, "why"), by=me(), at=now(), part=part, words="" if part else words,
              pieces=whole("pieces", least=1, most=9_999, otherwise=1))
    return changed(url_for(".lost"), said=Say("Noted."))
