"""What an order needs before it is signed: are its parts there, how many hours, and can the promise hold.

``coming`` is what was ordered from a supplier, ``availability`` the parts line by line, ``clock`` the open hours of the
store, ``capacity`` who is in front and how many can work at once, ``promise`` all of it together. Nothing is guessed:
where data lack, it is said that it is not known.
"""

from models.estimate.availability import Availability, NeedNow, availability
from models.estimate.coming import Coming, coming_of
from models.estimate.promise import Estimate, Outlook, estimate

__all__ = ["Availability", "Coming", "Estimate", "NeedNow", "Outlook", "availability", "coming_of", "estimate"]
