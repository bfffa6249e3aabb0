"""Sends the daily letter with the head of a store's chain (models/seal/letters.py), by the same mail server."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from flask import Flask, url_for

from models.base import db
from models.notices import SendingState, Way
from models.seal import code_of
from models.seal.letters import SealLetter, letters_due, write_letters
from models.stores import Store
from models.words import Blocked, Named, Say
from views.carriers.messages import Carrier, Message, Trouble
from views.database import transaction
from views.environment import Settings
from views.html import told_in


def deliver_letters(app: Flask, carriers: dict[Way, Carrier], *, at: datetime | None = None) -> list[SendingState]:
    """Write what is due and send what waits; a letter is taken, sent without holding the database, its fate noted."""
    settings: Settings = app.config["SETTINGS"]
    at = at or datetime.now(UTC)
    with app.app_context():
        with transaction():
            write_letters(at)
        waiting = letters_due(at)
        db.session.rollback()
    return [state for number in waiting if (state := _one(app, settings, number, carriers.get(Way.MAIL), at))]


def _one(app: Flask, settings: Settings, number: int, carrier: Carrier | None, at: datetime) -> SendingState | None:
    with app.test_request_context(base_url=settings.origin):
        try:
            with transaction():
                letter = db.session.get_one(SealLetter, number)
                letter.take(at=at)
                message = written(letter, db.session.get_one(Store, letter.store_id))
        except Blocked:
            return None
        trouble: Trouble | None = None
        try:
            if carrier is not None:
                carrier(message)
        except Trouble as met:
            trouble = met
        with transaction():
            letter = db.session.get_one(SealLetter, number)
            if trouble is not None:
                letter.failed(trouble.code, at=at, for_good=trouble.for_good)
            else:
                letter.ends(SendingState.SENT if carrier else SendingState.NOT_CONFIGURED, at=at)
            return letter.state


def written(letter: SealLetter, store: Store) -> Message:
    """The letter in both languages; its last line is what ``./clearbay verify --against`` reads of a saved one."""
    name, code = Named(store.name_zh, store.name_en), code_of(letter.seal)
    said = Say("{store}: the last seal of {day} is No. {number}, check code {code}. Keep this letter: a chain that was "
               "written anew does not contain it. It can be compared at {address}, or with ./clearbay verify --against "
               "and this letter as a file.", store=name, day=letter.day, number=letter.number, code=code,
               address=url_for("check.door", _external=True))
    line = json.dumps({"store": store.code, "number": letter.number, "seal": letter.seal, "day": f"{letter.day}"})
    return Message(id=f"seal-{store.code}-{letter.day}", to=letter.address, event="seal",
                   subject=f"{store.name_zh} {letter.day} No. {letter.number} {code}", link="", store=store.name_zh,
                   plate="", text=f"{told_in('zh', said)}\n\n{told_in('en', said)}\n\n{line}\n")
