"""What the workshop is. Nothing of the web in here.

Importing any of it maps all of it: records name each other by word, so they have to know each other.
"""

import importlib

for _name in ("stores", "people", "vehicles", "catalogue", "journey", "booking", "walkaround", "orders", "consent",
              "outside", "dispatch", "evidence", "parts", "quality", "cancelling", "delivery", "followup", "files",
              "sync", "seal", "road", "pay", "links", "notices", "proofs", "menu", "backups", "estimate", "watch",
              "seal.letters", "parts.sales", "parts.lost", "parts.old_parts"):
    importlib.import_module(f"models.{_name}")
