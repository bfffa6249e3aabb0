"""The store: its clock, opening hours, bays, settings, and gapless document numbers."""

from models.stores.store import Bay, Counter, Store, next_number

__all__ = ["Bay", "Counter", "Store", "next_number"]
