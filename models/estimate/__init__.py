"""What an order needs before it is signed: are its parts there, how many hours, and can the promise hold.

What was ordered from a supplier stands in ``models.parts``; ``availability`` is the parts line by line, ``clock`` the
open hours of the store, ``capacity`` who is in front and how many can work at once, ``promise`` all of it together.
Nothing is guessed: where data lack, it is said that it is not known.
"""

from models.estimate.availability import Availability, NeedNow, availability
from models.estimate.promise import Estimate, Outlook, estimate
from models.parts import Coming, coming_of

__all__ = ["Availability", "Coming", "Estimate", "NeedNow", "Outlook", "availability", "coming_of", "estimate"]
