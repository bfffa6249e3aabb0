"""Pay: everybody's sums for whoever may see them, and each person's own slip, line by line."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, abort, redirect, request, url_for

from models.pay import Component, Slip, slips
from models.people import May, Person
from models.words import Say
from views.access import allow, find, me, now, permitted, store
from views.html import reader_language
from views.kpi import about, asked_span
from views.lists import Column, Kind, Listing, listed, show_list

bp = Blueprint("pay", __name__, url_prefix="/pay")

COMPONENTS: dict[Component, Say] = {
    Component.ITEM_COMMISSION: Say("Commission by item"), Component.HOUR_PAY: Say("Hour pay"),
}


def of_everybody(components: list[Component]) -> Listing:
    """The sums of everybody, a column for each component."""
    def earned(component: Component) -> Callable[[Slip], int | None]:
        return lambda slip: next((part.amount for part in slip.parts if part.component is component), None)

    return Listing("slips", Say("Pay by person"), (
        Column("number", Say("Number")), Column("name", Say("Person"), sorts=False),
        *(Column(component.value, COMPONENTS[component], Kind.MONEY, earned(component)) for component in components),
        Column("amount", Say("Total"), Kind.MONEY)), order=("number",))


def of_one(component: Component) -> Listing:
    """The lines of one component of a slip, as they were earned."""
    return Listing(component.value, COMPONENTS[component], (
        Column("earned", Say("Earned"), Kind.MOMENT, lambda line: line.earned_at),
        Column("what", Say("Line"), of=lambda line: line.what_in(reader_language()), by=lambda line: line.code),
        Column("how", Say("How it came about"), Kind.SAY, lambda line: line.sentence, sorts=False),
        Column("plate", Say("Plate"), Kind.PLATE),
        Column("order", Say("Order"), sorts=False),
        Column("amount", Say("Amount"), Kind.MONEY)), order=("earned",), last=lambda line: line.earning_id)


@bp.get("")
@allow.signed_in
def page() -> Response:
    """The sums of everybody for whoever may see them; everybody else goes to their own slip."""
    if not permitted(May.SEE_PAY_OF_ALL):
        asked = {name: request.args[name] for name in ("from", "to") if name in request.args}
        return redirect(url_for("pay.slip", id=me().id, **asked))  # type: ignore[return-value]
    span = asked_span(otherwise=store().day(now()).replace(day=1))
    found = slips(store(), span.first, span.last)
    components = [one for one in COMPONENTS if any(part.component is one for slip in found for part in slip.parts)]
    table = listed(of_everybody(components), found, path=url_for(".page"), about=about(span))
    return show_list("pay/list.html", "slips", span=span, lists=[table], names=COMPONENTS, components=components,
                     total=sum(slip.amount for slip in found), staff=[], person=None)


@bp.get("/<int:id>")
@allow.signed_in
def slip(id: int) -> Response:  # noqa: A002
    """One person's pay of some days: each component, each line, and how it came about."""
    person = find(Person, id)
    if person.id != me().id and not permitted(May.SEE_PAY_OF_ALL):
        abort(404)
    span = asked_span(otherwise=store().day(now()).replace(day=1))
    told = slips(store(), span.first, span.last, people=[person]) or [Slip(person.id, person.number, person.name, ())]
    parts = [listed(of_one(part.component), part.lines, path=url_for(".slip", id=id), prefix=f"{part.component.value}-",
                    about=f"{person.number} {person.name} · {about(span)}") for part in told[0].parts]
    return show_list("pay/slip.html", "lines", span=span, slip=told[0], lists=parts, names=COMPONENTS, staff=[],
                     person=None)
