"""Pay: everybody's sums for whoever may see them, and each person's own slip, line by line."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, request, url_for

from models.pay import Component, Slip, slips
from models.people import May, Person
from models.words import Say
from views.access import allow, find, me, now, permitted, store
from views.kpi import asked_span
from views.respond import show

bp = Blueprint("pay", __name__, url_prefix="/pay")

COMPONENTS: dict[Component, Say] = {
    Component.ITEM_COMMISSION: Say("Commission by item"), Component.HOUR_PAY: Say("Hour pay"),
}


@bp.get("")
@allow.signed_in
def page() -> Response:
    """The sums of everybody for whoever may see them; everybody else goes to their own slip."""
    if not permitted(May.SEE_PAY_OF_ALL):
        asked = {name: request.args[name] for name in ("from", "to") if name in request.args}
        return redirect(url_for("pay.slip", id=me().id, **asked))  # type: ignore[return-value]
    span = asked_span(otherwise=store().day(now()).replace(day=1))
    return show("pay/list.html", span=span, slips=slips(store(), span.first, span.last), names=COMPONENTS,
                staff=[], person=None)


@bp.get("/<int:id>")
@allow.signed_in
def slip(id: int) -> Response:  # noqa: A002
    """One person's pay of some days: each component, each line, and how it came about."""
    person = find(Person, id)
    if person.id != me().id and not permitted(May.SEE_PAY_OF_ALL):
        abort(404)
    span = asked_span(otherwise=store().day(now()).replace(day=1))
    told = slips(store(), span.first, span.last, people=[person]) or [Slip(person.id, person.number, person.name, ())]
    return show("pay/slip.html", span=span, slip=told[0], names=COMPONENTS, staff=[], person=None)
