"""Sentences for whoever starts Clearbay: in Chinese and English at once, before any language is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """One thing to know before starting, and the way out."""

    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.zh}\n  {self.en}"


class Unready(Exception):  # noqa: N818 - a refusal, not an error
    """Clearbay will not start like this. Carries every reason, not only the first."""

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("\n".join(map(str, sentences)))


def about(name: str, zh: str, en: str, way_out: str) -> Sentence:
    """What is wrong with the setting `name`, and what to write instead."""
    return Sentence(f"{name} {zh}。→ {way_out}", f"{name} {en}. → {way_out}")
