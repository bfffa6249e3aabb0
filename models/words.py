"""Sentences that are said in the reader's language, with their facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from models.money import Fen


class Named(str):
    """A name that is kept in both languages, as a fact of a sentence; by itself it is the Chinese one."""

    en: str

    def __new__(cls, zh: str, en: str) -> Named:
        name = super().__new__(cls, zh)
        name.en = en
        return name


@dataclass(frozen=True)
class Say:
    """A translatable sentence with its facts: ``Say("{line} was struck by the customer", line=name)``.

    The English sentence is the key of the translation; a fact may itself be a Say, or several names.
    """

    sentence: str
    facts: dict[str, Any] = field(default_factory=dict, hash=False)

    def __init__(self, sentence: str, /, **facts: Any) -> None:
        object.__setattr__(self, "sentence", sentence)
        object.__setattr__(self, "facts", facts)

    def told(self, translate: Callable[[str], str]) -> str:
        """The sentence in one language; ``translate`` maps the English sentence to that language."""
        facts = {name: _written(fact, translate) for name, fact in self.facts.items()}
        return translate(self.sentence).format(**facts)

    def __str__(self) -> str:
        return self.told(lambda sentence: sentence)

    def as_json(self) -> dict[str, Any]:
        """Key and values, to be stored and read in the reader's language years later."""
        return {"say": self.sentence, **{name: _kept(fact) for name, fact in self.facts.items()}}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Say:
        return cls(stored["say"], **{name: _found(fact) for name, fact in stored.items() if name != "say"})


def _written(fact: Any, translate: Callable[[str], str]) -> Any:
    if isinstance(fact, list | tuple):
        return ", ".join(str(_written(one, translate)) for one in fact)
    return fact.told(translate) if isinstance(fact, Say) else fact


def _kept(fact: Any) -> Any:
    """A fact as JSON, such that it can still be written the reader's way when it is found again."""
    match fact:
        case Say():
            return fact.as_json()
        case Named():
            return {"zh": str(fact), "en": fact.en}
        case Fen():
            return {"fen": int(fact)}
        case datetime():
            return {"instant": fact.isoformat()}
        case date():
            return {"day": fact.isoformat()}
        case StrEnum():
            return {"say": fact.value.replace("_", " ").capitalize()}
        case Decimal() | Fraction():
            return str(fact)
        case _:
            return fact


def _found(kept: Any) -> Any:
    match kept:
        case {"say": str()}:
            return Say.from_json(kept)
        case {"zh": str(zh), "en": str(en)}:
            return Named(zh, en)
        case {"fen": int(fen)}:
            return Fen(fen)
        case {"instant": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"day": str(day)}:
            return date.fromisoformat(day)
        case _:
            return kept


class Blocked(Exception):  # noqa: N818  the shop's word: the work is blocked, nothing went wrong
    """An act was refused. The sentences say what is in the way and the way out; shown as 409.

    ``log`` names refusals that must stay on record although the transaction is rolled back:
    key and facts of the event, written by whoever settles the transaction (see journey.Refusal).
    """

    def __init__(self, sentences: Iterable[Say] | Say, *, log: Any = None) -> None:
        self.sentences: tuple[Say, ...] = (sentences,) if isinstance(sentences, Say) else tuple(sentences)
        self.log = log
        super().__init__(" ".join(str(sentence) for sentence in self.sentences))


class Refused(Blocked):
    """Bad input (422): the same sentences, by the name of the field they belong to."""

    def __init__(self, **fields: Say) -> None:
        self.fields = fields
        super().__init__(fields.values())


# What a constraint of the database says when two people were faster than the guards: its name → the sentence (409).
# The stages add theirs beside the tables they belong to.
SAID_BY_CONSTRAINT: dict[str, Say] = {
    "uq_person_login": Say("This login name is taken. Choose another."),
    "ck_line_withdrawn_before_begun": Say("This line has begun in this very moment; it cannot be withdrawn."),
    "ck_stock_never_below_zero": Say("Somebody has just taken the last of it. Look at the shelf again."),
    "ck_demand_never_too_many": Say("This part has been handed over already."),
    "uq_concession_one_open": Say("Somebody is asked about this line already. Wait for their answer."),
    "uq_sublet_trip_one_away": Say("Somebody has just given it to the supplier."),
    "uq_arrival_delivery_note": Say("Somebody has just opened this delivery note. Go on there."),
    "uq_arrival_row_reverses_id": Say("This has been taken back already."),
    "uq_supplier_store_id_name": Say("This supplier is on the list already."),
    "uq_usual_supplier_part_id": Say("Somebody else has just chosen a supplier for this part. Look again."),
    "uq_clocking_one_runs": Say("Your clock runs on another car. Clock off there first."),
    "uq_decision_request_id_line_version_id": Say("The customer has answered this already."),
    "uq_demand_line_version_id_part_id": Say("This part has been asked for already."),
    "uq_finding_photo_photo_id": Say("This photo proves another finding already. Take a new one."),
    "uq_handover_visit_id": Say("This car has been handed over already."),
    "uq_inspection_order_id_attempt": Say("Somebody has just begun this inspection. Look again."),
    "uq_likeness_judgement_likeness_id": Say("Somebody has said what it is already."),
    "uq_line_order_id_position": Say("Somebody else added a line in this very moment. Try again."),
    "uq_line_version_line_id_no": Say("Somebody else changed this line in this very moment. Look again."),
    "uq_rating_visit_id": Say("A visit is rated once, when the car is ready."),
    "uq_request_line_one_re_offer": Say("This line has been offered again once. The customer's no stands."),
    "uq_settlement_order_id": Say("This order is settled already."),
    "uq_sign_off_inspection_id_level": Say("Somebody has just signed this level. Look again."),
    "uq_vehicle_store_id_plate": Say("A car with this plate is already on file: open that file."),
    "uq_vehicle_store_id_vin": Say("A car with this VIN is already on file: open that file."),
    "uq_visit_here_once": Say("This car is here already: open its visit."),
    "uq_walkaround_visit_id": Say("The walk-around of this car has been begun already. Go on with it."),
}
