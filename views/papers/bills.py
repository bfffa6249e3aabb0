"""A settlement list out of sealed records: the settlement's, and what was paid and handed over up to a later one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_babel import gettext as _

from models.delivery import Means, OldParts
from models.evidence import FindingGrade, Moment
from models.money import Fen
from models.orders import LineKind, PayType
from models.seal import SealedEvent, SealKind
from views.papers.orders import Plate, head_of, pictured, row_of, stamp
from views.papers.printing import Album


def of_bill(settled: SealedEvent, personal: dict[str, Any], later: Iterable[SealedEvent],
            album: Album) -> dict[str, Any]:
    """What the template of the list shows; ``later`` are the payments and the hand-over it is printed with."""
    told, sheet = settled.content, settled.content["sheet"]
    charges = {charge["line_id"]: charge for charge in told["charges"]}
    rows = [row_of(line) | {"charge": charges.get(line["line_id"]), "sublet": line["kind"] == LineKind.SUBLET.value}
            for line in sheet["lines"]]
    payments = [one for one in later if one.kind == SealKind.PAYMENT]
    paid, pay_type = sum(one.content["sum"] for one in payments), PayType(sheet["pay_type"])
    return head_of(sheet["store"]) | {
        "told": told, "sheet": sheet, "owner": personal, "stamp": stamp, "number": told["number"], "rows": rows,
        "vehicle": Plate(personal["plate"], personal["plate_kind"], personal["vin"]), "pay_type": pay_type,
        "payments": [(stamp(one.at), Fen(one.content["sum"]), Means(one.content["means"])) for one in payments],
        "paid": Fen(paid), "due": Fen(told["sum"] - paid if pay_type is PayType.CUSTOMER else 0),
        "old_parts": _old_parts(sheet, later), "totals": _totals([row for row in rows if row["charge"]]),
        "pairs": list(_pairs(told, album)), "not_needed": list(_not_needed(told, personal)),
    }


def _pairs(told: dict[str, Any], album: Album) -> Iterator[dict[str, Any]]:
    """Before and after of each spot that was photographed twice."""
    for found in told.get("findings", ()):
        drawn = [one for shown in found["photos"] if shown["new"] and (one := pictured(shown, album))]
        before = next((one for one in drawn if one["moment"] is Moment.BEFORE), None)
        after = next((one for one in reversed(drawn) if one["moment"] is Moment.AFTER), None)
        if before and after:
            yield {"words": found["words"], "before": before, "after": after}


def _not_needed(told: dict[str, Any], personal: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What was looked at and needs nothing: words, who, when."""
    for found, who in zip(told.get("findings", ()), personal.get("found_by", ()), strict=False):
        if found["grade"] == FindingGrade.FINE.value:
            yield found["words"], who, stamp(found["at"])


def _totals(billed: list[dict[str, Any]]) -> dict[str, Fen]:
    """Sums in fen, after discounts; outside work apart."""
    own = [row["charge"] for row in billed if not row["sublet"]]
    return {
        "labour": Fen(sum(charge["labour"] for charge in own)), "parts": Fen(sum(charge["parts"] for charge in own)),
        "sublet": Fen(sum(row["charge"]["labour"] + row["charge"]["parts"] for row in billed if row["sublet"])),
        "discount": Fen(sum(row["discount"] for row in billed)),
        "hours": Fen(sum(charge["hours"] for charge in own)),
    }


def _old_parts(sheet: dict[str, Any], later: Iterable[SealedEvent]) -> str:
    """What became of the replaced parts, or is to become of them, in words."""
    given = next((one.content["old_parts"] for one in later if one.kind == SealKind.HANDOVER), None)
    if given is not None:
        return {OldParts.TAKE: _("Shown and taken by the customer"), OldParts.LEAVE: _("Shown and left with the store"),
                OldParts.NONE: _("There were none")}[OldParts(given)]
    return {OldParts.TAKE.value: _("To be taken by the customer"),
            OldParts.LEAVE.value: _("To be left with the store")}.get(sheet["old_parts"] or "", _("Not agreed"))
