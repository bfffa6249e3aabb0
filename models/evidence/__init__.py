"""Evidence: what the technician found at a spot of the car, with photo and reading; and whether the photo is of it.

``findings`` is what was found, ``checks`` what is looked at, ``drawings`` the marks over photos, ``likeness`` what is
said of a photo that shows the same as one of another car.
"""

from models.evidence.checks import Check, after_missing, checks_of, not_needed, own_phrases, point_of
from models.evidence.drawings import MarkShape, draw, draw_first, paths, read_marks, why_not_draw
from models.evidence.findings import Finding, FindingGrade, FindingPhoto, Moment
from models.evidence.likeness import (
    Judged,
    Likeness,
    LikenessJudgement,
    LikenessOf,
    Standing,
    counts_as_new,
    evidence_of_lines,
    held_lines,
    in_question,
    is_open,
)

__all__ = [
    "Check", "Finding", "FindingGrade", "FindingPhoto", "Judged", "Likeness", "LikenessJudgement", "LikenessOf",
    "MarkShape", "Moment", "Standing", "after_missing", "checks_of", "counts_as_new", "draw", "draw_first",
    "evidence_of_lines", "held_lines", "in_question", "is_open", "not_needed", "own_phrases", "paths", "point_of",
    "read_marks", "why_not_draw",
]
