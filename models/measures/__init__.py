"""What is counted. Each measure is one select of cases; what is divided by what stands in models/kpi.

``case`` says what a measure is; the others hold them by what they look at. Read ``visits`` as an example.
"""

from models.measures.case import Case, Measure, Source, Unit

__all__ = ["Case", "Measure", "Source", "Unit"]
