"""How a store is set up: what it decides, its bays, people, catalogue and stock, the sample store, and what is missing.

``overview`` is the page one comes to; the others are its places. Blueprint and neighbours are in ``places``.
"""

from views.settings import bays, facts, imports, overview, people, retiring, rules, sample, stores
from views.settings.places import bp

__all__ = ["bays", "bp", "facts", "imports", "overview", "people", "retiring", "rules", "sample", "stores"]
