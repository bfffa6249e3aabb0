"""A finding with its photos, written down at the bay without a network."""

from __future__ import annotations

from models.files import Purpose
from views.evidence import reported
from views.sync.kinds import Taken, kind


@kind("finding", schema=1)
def take_finding(item: Taken) -> str:
    """The fields of the plain form, and photos by ``photo``."""
    visit = item.visit()
    photos = [item.photo(shot, visit, Purpose.EVIDENCE) for shot in item.shots()]
    finding = reported(visit, by=item.by, at=item.moment(visit), photos=photos, item=item.id,
                       late=item.decided)
    return f"/visits/{visit.id}/findings#finding-{finding.id}"
