"""How the road, the promise and the wait of a car are drawn: the same for lists, boards and pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from flask import Blueprint

from models.journey import Stage, Visit
from models.road import Card, PromiseState, Station, promise_state
from models.words import Say
from views.access import now
from views.html import clock, moment, together, word
from views.lists import Column, Kind, Listing

WORDS = {PromiseState.AT_RISK: Say("tight"), PromiseState.LATE: Say("late"), PromiseState.KEPT: Say("kept")}


def init_road(pages: Blueprint) -> None:
    """Give the templates what is drawn the same everywhere."""
    for draw in (stops, promised, wait_state, wait_word, chosen_from):
        pages.add_app_template_filter(draw)


def stops(stations: Iterable[Station]) -> list[dict[str, Any]]:
    """Stations as ``ui.road`` takes them."""
    return [{"stage": station.stage, "label": station.label, "state": station.state, "note": together(station.people),
             "since": moment(station.since) if station.since else ""} for station in stations]


def promised(car: Card | Visit) -> dict[str, Any] | None:
    """The promise as ``ui.road`` takes it; None before there is one."""
    return drawn_promise(car.promised_at, car.ready_at)


def drawn_promise(promised_at: datetime | None, ready_at: datetime | None) -> dict[str, Any] | None:
    """A promised time with its state and word."""
    state = promise_state(promised_at, ready_at, now())
    if state is PromiseState.OPEN:
        return None
    drawn = PromiseState.OK if state is PromiseState.KEPT else state
    return {"time": moment(promised_at), "state": drawn, "word": WORDS.get(state, "")}


def wait_state(card: Card) -> str:
    """The state of a car in a list: what stands behind ``wait_word``."""
    return _wait(card)[0]


def wait_word(card: Card) -> Say:
    """What a car in a list waits for, in a word or two."""
    return _wait(card)[1]


def _wait(card: Card) -> tuple[str, Say]:
    if card.ready_at is None and card.promise_state(now()) is PromiseState.LATE:
        return "blocked", Say("Late")
    if card.asked_since:
        return "waiting", Say("Customer's answer")
    if card.parts_open:
        return "waiting", Say("Needs a part")
    if card.at_work:
        return "ready", Say("At work")
    return _at_stage(card)


def _at_stage(card: Card) -> tuple[str, Say]:
    match card.stage:
        case Stage.BOOKING:
            return "quiet", Say("Expected {time}", time=clock(card.arrived_at))
        case Stage.WALKAROUND:
            return ("waiting", Say("Needs greeting")) if card.advisor is None else ("quiet", Say("With the advisor"))
        case Stage.ORDERS | Stage.CONSENT:
            return "quiet", Say("With the advisor")
        case Stage.DISPATCH:
            return "waiting", Say("Needs a technician")
        case Stage.EVIDENCE | Stage.PARTS:
            return "attention", Say("Nobody at work")
        case Stage.QUALITY:
            return "waiting", Say("Needs inspection")
        case Stage.DELIVERY:
            return _at_delivery(card)
    return "quiet", Say("Delivered")


def _at_delivery(card: Card) -> tuple[str, Say]:
    if card.ready_at is None:
        return "waiting", Say("Needs a wash")
    return ("ready", Say("Ready")) if card.settled_at else ("waiting", Say("Needs settling"))


def car_list(key: str, name: Say) -> Listing:
    """A list of cars of today (cards of models/road), by promise unless it is sorted otherwise."""
    return Listing(key, name, (
        Column("plate", Say("Plate"), Kind.PLATE),
        Column("vin", Say("VIN"), sorts=False),
        Column("model", Say("Model")),
        Column("owner", Say("Customer"), sorts=False),
        Column("advisor", Say("Advisor")),
        Column("stage", Say("Stage"), Kind.WORD),
        Column("waits", Say("State"), Kind.SAY, wait_word, sorts=False),
        Column("arrived", Say("Arrived at"), Kind.MOMENT, lambda card: card.arrived_at),
        Column("promised", Say("Promised for"), Kind.MOMENT, lambda card: card.promised_at),
        Column("ready", Say("Ready at"), Kind.MOMENT, lambda card: card.ready_at, sorts=False),
        Column("delivered", Say("Delivered at"), Kind.MOMENT, lambda card: card.delivered_at, sorts=False),
    ), its_order=Say("By promise"))


def chosen_from(members: Iterable[StrEnum]) -> list[tuple[str, str]]:
    """Members as ``ui.select`` takes its options."""
    return [(member.value, word(member)) for member in members]
