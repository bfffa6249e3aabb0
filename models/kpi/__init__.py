"""What is divided by what. ``declared`` says what a KPI is, ``formulas`` its forms, ``report`` makes the figures.

The declarations stand by chapter: volume, revenue, offers, consent, reception, workshop, quality, parts, supply,
counter, customers.
"""

from models.kpi import (  # noqa: F401
    consent,
    counter,
    customers,
    offers,
    parts,
    quality,
    reception,
    revenue,
    supply,
    volume,
    workshop,
)
from models.kpi.declared import GROUPS, KPI, Better, Doubt, Group, Verdict, all_declared, declared
from models.kpi.formulas import Figure
from models.kpi.report import Report

__all__ = ["GROUPS", "KPI", "Better", "Doubt", "Figure", "Group", "Report", "Verdict", "all_declared", "declared"]
