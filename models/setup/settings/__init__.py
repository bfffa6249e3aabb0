"""What a store decides for itself: each setting with its meaning, its unit and its bounds, declared once.

The form, its refusals, the history and the documentation on the page are all read from here. ``kinds`` says how each
kind is typed and kept, ``declared`` is the list.
"""

from models.setup.settings.declared import HOURS, LOOKS, PAPER, RULES, SETTINGS, STORE, WATCH
from models.setup.settings.kinds import Choice, Setting, fen, plain

__all__ = ["HOURS", "LOOKS", "PAPER", "RULES", "SETTINGS", "STORE", "WATCH", "Choice", "Setting", "fen", "plain"]
