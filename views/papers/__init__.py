"""What stands on each paper, and how it is printed.

``printing`` is what all have. ``orders``, ``rounds``, ``bills`` set an order, a walk-around sheet, a settlement list
out of their frozen facts; ``stands`` says on which sealed records each stands. ``signed`` serves papers that are
printed once and kept, ``making`` prints them, ``maker`` is who does it after an act.
"""

from views.papers.printing import UNPRINTABLE
from views.papers.signed import draft_paper, order_paper, settlement_list, walkaround_sheet

__all__ = ["UNPRINTABLE", "draft_paper", "order_paper", "settlement_list", "walkaround_sheet"]
