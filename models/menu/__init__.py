"""What an order can be written from: the catalogue by any sign, favourites, what the car had last time, other sources.

``finding`` looks things up with price, hours and stock; ``favourites`` are one's own and what one takes most often;
``last_time`` is read from the car's earlier stays; ``sources`` are parts that fit in each other's place.
"""

from models.menu.favourites import Favourite, favourites, most_used, own_and_most, pin, unpin
from models.menu.finding import EntryKind, Hit, by_codes, learn, near, search
from models.menu.last_time import Before, last_time
from models.menu.sources import Other, choose, others

__all__ = ["Before", "EntryKind", "Favourite", "Hit", "Other", "by_codes", "choose", "favourites", "last_time", "learn",
           "most_used", "near", "others", "own_and_most", "pin", "search", "unpin"]
