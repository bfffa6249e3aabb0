"""The record: one answer as it can be proved (``answers``), and all of a stay on one page that prints (``pages``)."""

from views.record.answers import Afterwards, Record, afterwards, record_of
from views.record.pages import bp

__all__ = ["Afterwards", "Record", "afterwards", "bp", "record_of"]
