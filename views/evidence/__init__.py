"""Evidence: findings and offers (``pages``), “checked, not needed” (``checks``), marks on photos (``drawings``)."""

from views.evidence import checks, drawings
from views.evidence.pages import bp, form_facts, hears, reported

__all__ = ["bp", "checks", "drawings", "form_facts", "hears", "reported"]
