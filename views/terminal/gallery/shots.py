"""What is pictured: the pages, who looks at each, in which state of the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask import Flask, current_app

from models.base import db
from models.consent import Request
from models.dispatch import Job
from models.followup import Call, Complaint
from models.journey import Stage, Visit
from models.links import CustomerLink, link_of
from models.orders import RepairOrder
from models.people import Person
from models.sync import InboxItem, ItemState
from models.vehicles import Vehicle
from views.database import transaction
from views.terminal.gallery import hands, scenes

if TYPE_CHECKING:
    from playwright.sync_api import Page


@dataclass(frozen=True)
class Shot:
    """A page to be pictured: who looks at it, at which address, in which state of the store."""

    name: str
    person: str | None
    address: Callable[[], str]
    store: str = "morning"
    status: int = 200
    often: bool = False  # in every size, language and theme
    posted: dict[str, str] | None = None  # the answer to a form that carries this
    on_tablet: bool = False  # on a tablet of the store
    does: Callable[[Page], None] | None = None  # what a hand does on the page first
    away: Callable[[Page], None] | None = None  # what becomes of what the page sends by itself
    paper: bool = False  # a PDF: its first page


@dataclass
class Standing:
    """A store that is being looked at: where it answers, and the addresses and sign-ins found in it."""

    app: Flask
    url: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    sign_ins: dict[str, str] = field(default_factory=dict)
    tablet: dict[str, str] = field(default_factory=dict)  # the cookie of one

    def speak(self, language: str) -> None:
        """Everybody reads this language from here on."""
        with self.app.app_context(), transaction():
            db.session.execute(sa.update(Person).values(language=language))


# --------------------------------------------------------------------------- what is pictured


def _visit(number: int) -> Visit:
    return db.session.scalars(
        sa.select(Visit).join(Vehicle, Vehicle.id == Visit.vehicle_id).where(Vehicle.plate == f"苏A1D{number:03d}")
        .order_by(Visit.arrived_at.desc())).first() or _missing(f"visit {number}")


def _at(stage: Stage) -> Visit:
    """The car that has been longest at a stage."""
    return db.session.scalars(
        sa.select(Visit).where(Visit.stage == stage, Visit.ended.is_(None), Visit.arrived_at.is_not(None))
        .order_by(Visit.arrived_at)).first() or _missing(stage)


def _first(kind: type[Any], *where: Any) -> Any:
    return db.session.scalars(sa.select(kind).where(*where).order_by(kind.id)).first() or _missing(kind.__name__)


def _missing(what: str) -> Any:
    raise LookupError(f"the demo day has no {what} here")


def _item(state: ItemState) -> str:
    return f"/inbox/{_first(InboxItem, InboxItem.state == state, InboxItem.resolved_at.is_(None)).id}"


def _stay(plate: str, page: str) -> str:
    return f"/visits/{scenes.stay_of(plate).id}/{page}"


def _ungiven() -> int:
    """An approved order that nobody has been given."""
    return db.session.scalars(
        sa.select(RepairOrder.id).join(Visit, Visit.id == RepairOrder.visit_id)
        .where(Visit.stage == Stage.DISPATCH, ~sa.exists().where(Job.order_id == RepairOrder.id))).first() or (
            _first(RepairOrder).id)


def _guest(number: int) -> str:
    """The page that the customer of a car opens."""
    return _link(_visit(number))


def _link(visit: Visit) -> str:
    secret = current_app.config["SECRET_KEY"]
    with transaction():
        advisor = _first(Person, Person.number == "E02")
        link = link_of(visit) or CustomerLink.make(visit, secret=secret, by=advisor, at=visit.stage_since)
        return f"/g/{link.token(secret)}"


SHOTS = (
    Shot("sign-in", None, lambda: "/sign-in", often=True),
    Shot("pictures", None, lambda: "/sign-in", on_tablet=True),
    Shot("pin", None, lambda: f"/sign-in/pin?person={_first(Person, Person.number == 'E05').id}", on_tablet=True),
    Shot("today-advisor", "E02", lambda: "/", often=True),
    Shot("today-technician", "E05", lambda: "/"),
    Shot("today-foreman", "E04", lambda: "/"),
    Shot("today-clerk", "E08", lambda: "/"),
    Shot("today-manager", "E01", lambda: "/"),
    Shot("cars", "E02", lambda: "/visits"),
    Shot("visit", "E02", lambda: f"/visits/{_visit(4).id}", often=True),
    Shot("visit-waiting-for-answer", "E03", lambda: f"/visits/{_visit(8).id}"),
    Shot("visit-left", "E01", lambda: f"/visits/{_visit(1).id}"),
    Shot("car", "E02", lambda: f"/vehicles/{_visit(4).vehicle_id}"),
    Shot("search", "E02", lambda: "/search?q=1D00"),
    Shot("booking", "E02", lambda: "/booking"),
    Shot("booking-new", "E02", lambda: "/booking/new"),
    Shot("receive", "E03", lambda: "/receive"),
    Shot("receive-found", "E03", lambda: "/receive?q=1D013"),
    Shot("walkaround", "E03", lambda: f"/visits/{_visit(12).id}/walkaround", often=True),
    Shot("walkaround-signed", "E02", lambda: f"/visits/{_visit(5).id}/walkaround"),
    Shot("order", "E02", lambda: f"/visits/{_visit(4).id}/orders"),
    Shot("order-new", "E03", lambda: f"/visits/{_at(Stage.ORDERS).id}/orders", store="full"),
    Shot("consent", "E03", lambda: f"/requests/{_first(Request, Request.answered_at.is_(None)).id}", often=True),
    Shot("consent-answered", "E02", lambda: f"/requests/{_first(Request, Request.answered_at.is_not(None)).id}"),
    Shot("link", "E02", lambda: f"/visits/{_visit(8).id}/link"),
    Shot("guest", None, lambda: _guest(8), often=True),
    Shot("guest-left", None, lambda: _guest(1)),
    Shot("dispatch", "E04", lambda: "/dispatch"),
    Shot("dispatch-give", "E04", lambda: f"/orders/{_ungiven()}/jobs"),
    Shot("jobs", "E05", lambda: "/jobs"),
    Shot("job", "E05", lambda: f"/jobs/{_visit(4).orders[0].jobs[0].id}", often=True),
    Shot("findings", "E06", lambda: f"/visits/{_visit(5).id}/findings"),
    Shot("photos", "E06", lambda: f"/visits/{_visit(5).id}/photos"),
    Shot("parts", "E08", lambda: "/parts"),
    Shot("parts-of-a-car", "E08", lambda: f"/visits/{_visit(10).id}/parts"),
    Shot("stock", "E08", lambda: "/parts/stock"),
    Shot("part", "E08", lambda: "/parts/1"),
    Shot("quality", "E04", lambda: "/quality"),
    Shot("ladder", "E04", lambda: f"/visits/{_visit(6).id}/quality"),
    Shot("delivery", "E08", lambda: "/delivery"),
    Shot("delivery-of-a-car", "E03", lambda: f"/visits/{_visit(6).id}/delivery", often=True),
    Shot("delivery-done", "E02", lambda: f"/visits/{_visit(3).id}/delivery"),
    Shot("calls", "E02", lambda: "/followup"),
    Shot("call", "E02", lambda: f"/calls/{_first(Call).id}"),
    Shot("complaints", "E01", lambda: "/complaints", store="evening"),
    Shot("complaint", "E01", lambda: f"/complaints/{_first(Complaint).id}", store="evening"),
    Shot("reminders", "E02", lambda: "/reminders"),
    Shot("board-workshop", "E04", lambda: "/boards/workshop", often=True),
    Shot("board-reception", "E02", lambda: "/boards/reception"),
    Shot("board-lounge", "E02", lambda: "/boards/lounge"),
    Shot("figures", "E01", lambda: "/kpi", store="evening"),
    Shot("figure", "E01", lambda: "/kpi/labour_revenue", store="evening"),
    Shot("figures-stock", "E01", lambda: "/kpi/stock", store="evening"),
    Shot("pay", "E01", lambda: "/pay", store="evening"),
    Shot("slip", "E05", lambda: f"/pay/{_first(Person, Person.number == 'E05').id}", store="evening"),
    Shot("settings", "E01", lambda: "/settings"),
    Shot("store", "E01", lambda: "/settings/store"),
    Shot("bays", "E01", lambda: "/settings/bays"),
    Shot("people", "E01", lambda: "/settings/people"),
    Shot("person-new", "E01", lambda: "/settings/people/new"),
    Shot("person-record", "E01", lambda: f"/settings/people/{_first(Person, Person.number == 'E05').id}/record"),
    Shot("person-pin", "E01", lambda: f"/settings/people/{_first(Person, Person.number == 'E05').id}"),
    Shot("catalogue", "E01", lambda: "/settings/catalogue"),
    Shot("table", "E01", lambda: "/settings/tables/labour"),
    Shot("rules", "E01", lambda: "/settings/rules"),
    Shot("papers", "E01", lambda: "/settings/papers"),
    Shot("inspections", "E01", lambda: "/settings/inspections"),
    Shot("history", "E01", lambda: "/settings/history"),
    Shot("sample", "E01", lambda: "/settings/sample"),
    Shot("tablets", "E01", lambda: "/settings/tablets"),
    Shot("oneself", "E05", lambda: "/me"),
    Shot("labels", "E08", lambda: "/parts/labels"),
    Shot("sign-ins", "E01", lambda: "/settings/sessions"),
    Shot("second-factor", "E01", lambda: "/me/second-factor"),
    Shot("round-never-here", "E03", lambda: _stay(scenes.FRESH, "walkaround"), store="photos"),
    Shot("round-known", "E03", lambda: _stay(scenes.KNOWN, "walkaround"), store="photos", often=True),
    Shot("round-half-done", "E03", lambda: _stay(scenes.KNOWN, "walkaround"), store="photos", often=True,
         does=hands.half_done),
    Shot("round-refused", "E03", lambda: _stay(scenes.KNOWN, "walkaround"), store="photos", status=422, posted={
        "odometer_km": "41000", "fuel_percent": "140", "signed_by": "欧阳思雨", "strokes": scenes.PEN,
        "old_parts": "take", "tread_left_rear": "33", "body": "sedan"}),
    Shot("round-doubted", "E03", lambda: _stay(scenes.KNOWN, "walkaround"), store="photos", status=409, posted={
        "odometer_km": "4126", "fuel_percent": "40", "signed_by": "欧阳思雨", "strokes": scenes.PEN,
        "advisor_strokes": scenes.PEN, "old_parts": "take", "body": "sedan"}),
    Shot("round-signed", "E03", lambda: _stay(scenes.SIGNED, "walkaround"), store="photos", often=True),
    Shot("round-on-paper", "E03", lambda: _stay(scenes.SIGNED, "walkaround.pdf"), store="photos", paper=True),
    Shot("mark", "E03", lambda: f"/marks/{scenes.mark_of(scenes.SIGNED).id}", store="photos", often=True),
    Shot("photos-of-a-stay", "E03", lambda: _stay(scenes.SIGNED, "photos"), store="photos"),
    Shot("guest-photos", None, lambda: _guest(8), store="photos", often=True),
    Shot("guest-before-and-after", None, lambda: _link(scenes.before_and_after()), store="photos"),
    Shot("capture", "E03", lambda: "/capture", store="photos", often=True),
    Shot("capture-nobody", None, lambda: "/capture"),
    Shot("capture-new", "E03", lambda: "/capture/walkaround/new", store="photos", often=True),
    Shot("capture-known", "E03", lambda: f"/capture/walkaround/{scenes.stay_of(scenes.KNOWN).id}", store="photos"),
    Shot("outbox-empty", "E03", lambda: "/outbox", store="photos"),
    Shot("outbox", "E03", lambda: "/outbox", store="photos", often=True, does=hands.holds,
         away=hands.without_network),
    Shot("outbox-portal", "E03", lambda: "/outbox", store="photos", does=hands.holds,
         away=hands.behind_a_portal),
    Shot("inbox", "E01", lambda: "/inbox", store="photos", often=True),
    Shot("inbox-review", "E03", lambda: _item(ItemState.REVIEW), store="photos", often=True),
    Shot("inbox-set-aside", "E01", lambda: _item(ItemState.QUARANTINE), store="photos"),
    Shot("inbox-entered", "E01", lambda: _item(ItemState.APPLIED), store="photos"),
    Shot("inbox-settled", "E01", lambda: "/inbox?show=settled", store="photos"),
    Shot("inbox-refused", "E01", lambda: _item(ItemState.REVIEW) + "/resolutions", store="photos", status=422,
         posted={"resolution": "not_wanted", "words": ""}),
    Shot("inbox-tablets", "E01", lambda: "/inbox/tablets", store="photos", often=True),
    Shot("inbox-file", "E01", lambda: "/inbox/file", store="photos"),
    Shot("inbox-file-refused", "E01", lambda: "/inbox/file", store="photos", status=422, posted={}),
    Shot("today-of-tablets", "E01", lambda: "/", store="photos"),
    Shot("empty-inbox", "E01", lambda: "/inbox"),
    Shot("empty-tablets", "E01", lambda: "/inbox/tablets"),
    Shot("empty-capture", "E03", lambda: "/capture", store="empty"),
    Shot("components", "E01", lambda: "/components"),
    Shot("offline", None, lambda: "/offline"),
    Shot("not-here", "E02", lambda: "/visits/nothing", status=404),
    Shot("refused", "E02", lambda: f"/visits/{_visit(3).id}/greetings", status=409, posted={}),
    Shot("refused-form", "E02", lambda: "/appointments", status=422, posted={"plate": "苏A1D0", "phone": "12"}),
    Shot("empty-today", "E02", lambda: "/", store="empty"),
    Shot("empty-cars", "E02", lambda: "/visits", store="empty"),
    Shot("empty-dispatch", "E04", lambda: "/dispatch", store="empty"),
    Shot("empty-parts", "E08", lambda: "/parts", store="empty"),
    Shot("empty-quality", "E04", lambda: "/quality", store="empty"),
    Shot("empty-board", "E04", lambda: "/boards/workshop", store="empty"),
    Shot("empty-technician", "E05", lambda: "/", store="empty"),
    Shot("empty-jobs", "E05", lambda: "/jobs", store="empty"),
    Shot("empty-booking", "E02", lambda: "/booking", store="empty"),
    Shot("empty-search", "E02", lambda: "/search?q=ZZ99", store="empty"),
    Shot("empty-delivery", "E08", lambda: "/delivery", store="empty"),
    Shot("empty-calls", "E02", lambda: "/followup", store="empty"),
    Shot("empty-complaints", "E01", lambda: "/complaints", store="empty"),
    Shot("empty-reminders", "E02", lambda: "/reminders", store="empty"),
    Shot("empty-lounge", "E02", lambda: "/boards/lounge", store="empty"),
    Shot("empty-reception", "E02", lambda: "/boards/reception", store="empty"),
    Shot("empty-pay", "E01", lambda: "/pay", store="empty"),
    Shot("empty-settings", "E01", lambda: "/settings", store="empty"),
    Shot("empty-figures", "E01", lambda: "/kpi", store="empty"),
    Shot("full-today", "E02", lambda: "/", store="full"),
    Shot("full-cars", "E02", lambda: "/visits", store="full"),
    Shot("full-dispatch", "E04", lambda: "/dispatch", store="full"),
    Shot("full-board", "E04", lambda: "/boards/workshop", store="full"),
    Shot("full-search", "E02", lambda: "/search?q=阿卜杜", store="full"),
    Shot("full-receive", "E02", lambda: "/receive?q=AD000", store="full"),
    Shot("full-reception", "E02", lambda: "/boards/reception", store="full"),
    Shot("full-lounge", "E02", lambda: "/boards/lounge", store="full"),
    Shot("full-visit", "E02", lambda: f"/visits/{_at(Stage.WALKAROUND).id}", store="full"),
)


# --------------------------------------------------------------------------- the command
