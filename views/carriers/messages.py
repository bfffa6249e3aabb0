"""A notice in words, ready to go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app, url_for

from models.base import db
from models.links import link_of
from models.notices import Notice, Sending
from models.proofs import AnswerCode
from models.words import Named, Say
from views.html import masked, named, told


@dataclass(frozen=True)
class Message:
    """What a carrier gets. ``id`` is the notice's: whoever takes it twice can tell."""

    id: str
    to: str
    subject: str
    text: str
    event: str
    link: str
    store: str
    plate: str


class Trouble(Exception):  # noqa: N818  nothing went wrong in here
    """It did not go. ``code`` names why, without anything personal; ``for_good``: trying again is no use."""

    def __init__(self, code: str, *, for_good: bool = False) -> None:
        super().__init__(code)
        self.code, self.for_good = code, for_good


Carrier = Callable[[Message], str]  # answers with its receipt, or raises Trouble


def written(sending: Sending) -> Message:
    """The message in the store's language; inside a request's context, whose address is the public one."""
    notice = sending.notice
    link = _link(notice)
    plate, store = masked(notice.visit.vehicle.plate), notice.visit.store
    said, name = told(_said(notice)), named(Named(store.name_zh, store.name_en))
    text = told(Say("[{store}] {plate}: {said}", store=name, plate=plate, said=said))
    if link:
        text = f"{text} {link}"
    elif notice.with_link and store.phone:
        call = Say("Our telephone: {phone}", phone=store.phone)
        text = f"{text} {told(call)}"
    return Message(id=str(notice.id), to=sending.address, subject=f"{plate} · {said.rstrip(': ：')}", text=text,
                   event=notice.event, link=link, store=name, plate=plate)


def _said(notice: Notice) -> Say:
    """Its sentence; a code is known to nobody but the message that carries it."""
    said = notice.sentence
    code = db.session.get(AnswerCode, said.facts["code_id"]) if "code_id" in said.facts else None
    return Say(said.sentence, **said.facts | {"code": code.digits(current_app.config["SECRET_KEY"])}) if code else said


def _link(notice: Notice) -> str:
    """The customer's address, if there is one that opens something; it is kept nowhere and told only here."""
    link = link_of(notice.visit) if notice.with_link else None
    token = link.token(current_app.config["SECRET_KEY"]) if link else None
    return url_for("guest.page", token=token, _external=True) if token else ""
