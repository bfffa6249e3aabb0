"""What the store decides for itself: forms out of the declarations, their history, and putting back."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, request, url_for

from models.files import Purpose, pictures, receive_photo
from models.files.pictures import Picture
from models.money import Fen
from models.people import May
from models.setup.changes import SettingChange, change, history, last_change, put_back
from models.setup.settings import HOURS, LOOKS, PAPER, RULES, SETTINGS, STORE, WATCH, Choice, Setting
from models.words import Refused, Say
from views.access import allow, find, me, now, store
from views.again import again
from views.fields import digits
from views.html import money
from views.once import beforehand, prepared
from views.photos import NONE_CHOSEN, shelf
from views.respond import changed, show
from views.settings.places import bp, crumbs

# The address of a page → its title, what it is about, and the groups of settings on it.
PAGES: dict[str, tuple[Say, Say, tuple[str, ...]]] = {
    "store": (Say("Store"), Say("Names, address and hours, as customers and colleagues read them."), (STORE, HOURS)),
    "rules": (Say("Rules"), Say("Each holds from the moment it is saved; what happened before stays as it was."),
              (RULES,)),
    "papers": (Say("Papers"), Say("What stands on the order, the walk-around sheet and the settlement list."),
               (PAPER,)),
    "inspections": (Say("Inspections"), Say("What is looked at, level by level. It reminds; the signature counts."),
                    (LOOKS,)),
    "watch": (Say("Consent watch"), Say("From when on something stands out in how customers decide. It is told to be "
                                        "looked into and proves nothing."), (WATCH,)),
}
SAVED, NO_CHANGE = Say("Saved."), Say("Nothing was different; nothing was changed.")


def settings_of(page: str) -> list[Setting]:
    """The settings of a page in the order of their declaration."""
    return [setting for setting in SETTINGS.values() if setting.page in PAGES[page][2]]


def shown(page: str, **facts: Any) -> Response:
    """The form of a page."""
    title, about, _ = PAGES[page]
    return show("settings/form.html", page=page, title=title, about=about, settings=settings_of(page), crumbs=crumbs(),
                seen=last_change(store()), now_is=lambda setting: setting.of(store()), options_of=options_of, **facts)


def options_of(setting: Choice) -> list[dict[str, Any]]:
    """The choices of a setting as ``ui.radios`` takes them."""
    return [{"value": value, "label": said} for value, said in setting.choices.items()]


@bp.get("/settings/store", endpoint="store")
@allow(May.MANAGE)
def store_page() -> Response:
    """Names, address, phone, opening hours, labour rate."""
    return shown("store")


@bp.get("/settings/rules", endpoint="rules")
@allow(May.MANAGE)
def rules_page() -> Response:
    """What a store may decide for itself."""
    return shown("rules")


@bp.get("/settings/papers", endpoint="papers")
@allow(May.MANAGE)
def papers_page() -> Response:
    """Head, foot and logo of the papers."""
    return shown("papers")


@bp.get("/settings/inspections", endpoint="inspections")
@allow(May.MANAGE)
def inspections_page() -> Response:
    """What is looked at on each level."""
    return shown("inspections")


@bp.get("/settings/watch", endpoint="watch")
@allow(May.MANAGE)
def watch_page() -> Response:
    """From when on something in how customers decide is told."""
    return shown("watch")


@bp.post("/settings/changes/<page>")
@allow(May.MANAGE)
@again(lambda page: shown(page) if page in PAGES else abort(404))
def save(page: str) -> Response:
    """Change what is different; the colleague who was slower is told."""
    if page not in PAGES:
        abort(404)
    typed = {setting.name: request.form[setting.name] for setting in settings_of(page) if setting.name in request.form}
    made = change(store(), typed, seen=seen(), by=me(), at=now())
    return changed(url_for(f"settings.{page}"), said=SAVED if made else NO_CHANGE)


def seen() -> int:
    """The number of the last change when the form was drawn."""
    return digits(request.form.get("seen", "")) or 0


# --------------------------------------------------------------------------- the logo


def develop() -> tuple[bytes, Picture] | Refused:
    """Make a safe picture of what was sent, before the database is asked for anything."""
    data = next((file.stream.read() for file in request.files.getlist("logo")), b"")
    for file in request.files.values():
        file.stream.seek(0)
    try:
        return (data, pictures.photo(data)) if data else Refused(logo=NONE_CHOSEN)
    except Refused as refused:
        return Refused(logo=refused.sentences[0])


@bp.post("/settings/logos")
@allow(May.MANAGE)
@beforehand(develop)
@again(lambda: shown("papers"))
def logo() -> Response:
    """A picture for the head of the papers; ``remove`` takes it off them."""
    if request.form.get("remove"):
        change(store(), {"logo": ""}, seen=seen(), by=me(), at=now())
        return changed(url_for("settings.papers"), said=SAVED)
    if isinstance(sent := prepared(), Refused):
        raise sent
    file = receive_photo(sent[0], shelf=shelf(), store_id=store().id, purpose=Purpose.DOCUMENT, by=me(), at=now(),
                         picture=sent[1])
    change(store(), {"logo": str(file.id)}, seen=seen(), by=me(), at=now())
    return changed(url_for("settings.papers"), said=SAVED)


# --------------------------------------------------------------------------- what was changed


@bp.get("/settings/history", endpoint="history_page")
@allow(May.MANAGE)
def history_page() -> Response:
    """Who changed what, from what, to what, when."""
    return show("settings/history.html", changes=history(store()), seen=last_change(store()), crumbs=crumbs(),
                can_go_back=lambda change: change.declared is not None
                and change.declared.of(store()) != change.declared.found(change.was), value=value)


def value(change: SettingChange, kept: Any) -> Say | str:
    """What a setting was or became, as a reader reads it."""
    shown = change.shown(kept)
    return money(shown) if isinstance(shown, Fen) else shown


@bp.post("/settings/history/<id>/returns")
@allow(May.MANAGE)
@again(lambda id: history_page())
def go_back(id: str) -> Response:  # noqa: A002
    """What held before this change holds again: a new change."""
    put_back(find(SettingChange, id), seen=seen(), by=me(), at=now())
    return changed(url_for("settings.history_page"), said=Say("Put back."))
