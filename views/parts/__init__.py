"""Parts: the counter (``counter``), the parts of one car (``visit``), the stock and each part's book (``stock``)."""

from views.parts import stock, visit
from views.parts.counter import bp

__all__ = ["bp", "stock", "visit"]
