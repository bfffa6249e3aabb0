"""Sync: what tablets did without a network comes in here, and people see what became of it.

``wire`` is what tablets talk to (ticket, hello, blob, item); ``taking`` takes one item in; ``kinds`` is the registry of
what an item can be, ``findings``, ``ticks``, ``claims`` some of them; ``pages`` is for people; ``files`` for the last
resort.
"""

from views.sync import claims, findings, pages, ticks, wire
from views.sync.kinds import Taken, kind

__all__ = ["Taken", "claims", "findings", "kind", "pages", "ticks", "wire"]
