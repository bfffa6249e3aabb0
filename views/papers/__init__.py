"""What stands on each paper, and how it is printed.

``printing`` is what all have, ``of_a_stay`` the walk-around sheet and the settlement list, ``orders`` the order's paper
out of its frozen facts, ``signed`` the papers that are printed once and kept, ``maker`` who does it after an answer.
"""

from views.papers.of_a_stay import settlement_list, walkaround_sheet
from views.papers.printing import UNPRINTABLE
from views.papers.signed import draft_paper, order_paper

__all__ = ["UNPRINTABLE", "draft_paper", "order_paper", "settlement_list", "walkaround_sheet"]
