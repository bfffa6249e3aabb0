"""What is held about a customer, until when and why; and its removal when they ask for it (PIPL 47)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, after_this_request, request, url_for
from sqlalchemy.orm import selectinload

from models.people import May
from models.seal.removal import remove, standing_of
from models.vehicles import Customer
from models.words import Refused, Say
from views.access import allow, find, me, now
from views.again import again, init_again
from views.photos import shelf
from views.respond import changed, show

bp = Blueprint("removals", __name__)
init_again(bp)
NOT_SURE = Say("Confirm that the customer asked for it and that it may be deleted.")


@bp.get("/customers/<int:id>/kept")
@allow(May.MANAGE)
def page(id: int) -> Response:  # noqa: A002
    """What may go now, and what stays until which day."""
    customer = find(Customer, id, selectinload(Customer.wishes), selectinload(Customer.vehicles))
    return show("removals/page.html", customer=customer, standing=standing_of(customer, at=now()))


@bp.post("/customers/<int:id>/removals")
@allow(May.MANAGE)
@again(page)
def take_away(id: int) -> Response:  # noqa: A002
    """Remove what may go; the rest stays and says until when."""
    customer = find(Customer, id)
    if not request.form.get("sure"):
        raise Refused(sure=NOT_SURE)
    clear_afterwards(remove(customer, by=me(), at=now()))
    return changed(url_for(".page", id=id), said=Say("Removed, and sealed that it was. What stays is named below."))


def clear_afterwards(hashes: Iterable[str]) -> None:
    """The bytes go once the records say so for good; what a crash leaves there the nightly sweep takes."""
    gone, place = list(hashes), shelf()

    @after_this_request
    def clear(response: Response) -> Response:
        if response.status_code < 400:
            for sha256 in gone:
                place.path(sha256).unlink(missing_ok=True)
        return response
