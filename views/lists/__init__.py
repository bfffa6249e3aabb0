"""Lists: declared once, and from that one declaration read, sorted, paged and written to Excel.

``Listing`` and ``Column`` say what a list is; ``listed`` reads the page of it that was asked for; ``show_list`` shows
the page or sends the workbook (``?format=xlsx``), under the same permission and with the same filters.
"""

from views.lists.declared import Column, Kind, Listing, Measured
from views.lists.reading import Listed, as_it_was, listed, questions
from views.lists.workbook import show_list

__all__ = ["Column", "Kind", "Listed", "Listing", "Measured", "as_it_was", "listed", "questions", "show_list"]
