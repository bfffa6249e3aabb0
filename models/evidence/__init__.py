"""Evidence: what the technician found at a spot of the car, with photo and reading; and whether the photo is of it.

``findings`` is what was found, ``likeness`` what is said of a photo that shows the same as one of another car.
"""

from models.evidence.findings import Finding, FindingGrade, FindingPhoto, Moment
from models.evidence.likeness import (
    Judged,
    Likeness,
    LikenessJudgement,
    LikenessOf,
    Standing,
    counts_as_new,
    held_lines,
    in_question,
    is_open,
)

__all__ = [
    "Finding", "FindingGrade", "FindingPhoto", "Judged", "Likeness", "LikenessJudgement", "LikenessOf", "Moment",
    "Standing", "counts_as_new", "held_lines", "in_question", "is_open",
]
