"""The order: the page it is written on and what the customer says (``pages``), what it is written from (``menu``), its
lines (``lines``), work and parts of others (``outside``), and what is let off (``concessions``)."""

from views.orders import concessions, lines, menu, outside
from views.orders.pages import bp

__all__ = ["bp", "concessions", "lines", "menu", "outside"]
