"""A finding with its photos, and points that need nothing, written down at the bay without a network."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from models.evidence import not_needed
from models.files import Purpose
from models.words import Blocked, Say
from views.evidence import reported
from views.sync.kinds import Taken, kind

MOST_CHECKS = 60


@kind("finding", schema=1)
def take_finding(item: Taken) -> str:
    """The fields of the plain form, photos by ``photo``, what was drawn on them by ``marks``."""
    visit, shots = item.visit(), item.shots()
    photos = [item.photo(shot, visit, Purpose.EVIDENCE) for shot in shots]
    marks = drawn_on([shot.word for shot in shots], item.fields.getlist("marks"))
    finding = reported(visit, by=item.by, at=item.moment(visit), photos=photos, item=item.id,
                       late=item.decided, marks=marks)
    return f"/visits/{visit.id}/findings#finding-{finding.id}"


def drawn_on(words: list[str], told: Iterable[str]) -> Iterator[tuple[int, str]]:
    """``<word of the photo> <marks>``, each as (place of the photo, marks). A photo that was left out has none."""
    for one in told:
        word, _, marks = one.partition(" ")
        if word in words:
            yield words.index(word), marks


@kind("checks", schema=1)
def take_checks(item: Taken) -> str:
    """Each ``fine`` is a point that was looked at and needs nothing."""
    visit, points = item.visit(), list(dict.fromkeys(point.strip() for point in item.fields.getlist("fine")))
    if not any(points) or len(points) > MOST_CHECKS:
        raise Blocked(Say("Nothing was ticked, or more than a list holds."))
    for point in filter(None, points):
        not_needed(visit, point, by=item.by, at=item.moment(visit), item=uuid.uuid5(item.id, point), late=item.decided)
    return f"/visits/{visit.id}/findings#checks"
