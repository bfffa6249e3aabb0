"""Sentences that are said in the reader's language, with their facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """A translatable sentence with its facts: ``Say("{line} was struck by the customer", line=name)``.

    The English sentence is the key of the translation; a fact may itself be a Say. Hashable facts only.
    """

    sentence: str
    facts: dict[str, Any] = field(default_factory=dict, hash=False)

    def __init__(self, sentence: str, /, **facts: Any) -> None:
        object.__setattr__(self, "sentence", sentence)
        object.__setattr__(self, "facts", facts)

    def told(self, translate: Callable[[str], str]) -> str:
        """The sentence in one language; ``translate`` maps the English sentence to that language."""
        facts = {
            name: fact.told(translate) if isinstance(fact, Say) else fact for name, fact in self.facts.items()
        }
        return translate(self.sentence).format(**facts)

    def __str__(self) -> str:
        return self.told(lambda sentence: sentence)

    def as_json(self) -> dict[str, Any]:
        """Key and values, to be stored and read in the reader's language years later."""
        return {"say": self.sentence, **{k: v.as_json() if isinstance(v, Say) else v for k, v in self.facts.items()}}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Say:
        facts = {
            k: cls.from_json(v) if isinstance(v, dict) and "say" in v else v for k, v in stored.items() if k != "say"
        }
        return cls(stored["say"], **facts)


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
}
