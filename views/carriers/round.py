"""One round: everything that may go now, each message in transactions of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from flask import Flask
from flask_babel import force_locale

from models.base import db
from models.notices import Sending, SendingState, Way, due
from models.words import Blocked
from views.access import at_store
from views.carriers.mail import mail
from views.carriers.messages import Carrier, Message, Trouble, written
from views.carriers.texts import text
from views.database import transaction
from views.environment import Settings


@dataclass
class Round:
    """How many messages ended how."""

    counts: dict[SendingState, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.counts)


def carriers_of(settings: Settings) -> dict[Way, Carrier]:
    """The ways on which this server can send. A demo's customers are invented: it tells nobody beyond this machine."""
    found: dict[Way, Carrier] = {}
    if settings.texts and (settings.texts.loopback or not settings.demo):
        found[Way.TEXT] = partial(text, settings.texts)
    if settings.mail and (settings.mail.loopback or not settings.demo):
        found[Way.MAIL] = partial(mail, settings.mail)
    return found


def deliver(app: Flask, carriers: Mapping[Way, Carrier] | None = None) -> Round:
    """Send what waits. A message is taken, sent without holding the database, and its fate written down."""
    settings: Settings = app.config["SETTINGS"]
    carriers = carriers_of(settings) if carriers is None else carriers
    done = Round()
    with app.app_context():
        waiting = due(datetime.now(UTC))
        db.session.rollback()
    for number in waiting:
        with app.test_request_context(base_url=settings.origin):
            state = _one(number, carriers, settings.language)
            if state is not None:
                done.counts[state] = done.counts.get(state, 0) + 1
    return done


def _one(number: int, carriers: Mapping[Way, Carrier], language: str) -> SendingState | None:
    """One message; None when somebody else has it."""
    at = datetime.now(UTC)
    try:
        with transaction():
            sending = db.session.get_one(Sending, number)
            sending.take(at=at)
            message = _message(sending, carriers, language, at)
            way = sending.way
    except Blocked:
        return None
    if message is None:
        return db.session.get_one(Sending, number).state
    receipt, trouble = "", None
    try:
        receipt = carriers[way](message)
    except Trouble as met:
        trouble = met
    with transaction():
        sending = db.session.get_one(Sending, number)
        if trouble is None:
            sending.arrived(receipt, at=datetime.now(UTC))
        else:
            sending.failed(trouble.code, at=datetime.now(UTC), for_good=trouble.for_good)
        return sending.state


def _message(sending: Sending, carriers: Mapping[Way, Carrier], language: str, at: datetime) -> Message | None:
    """What is to be sent; None when it ends here."""
    if sending.notice.expires_at <= at:
        sending.is_too_late()
        return None
    if sending.way not in carriers:
        sending.is_not_configured()
        return None
    at_store(sending.notice.visit.store)
    with force_locale(language):
        return written(sending)
