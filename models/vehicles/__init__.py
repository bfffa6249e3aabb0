"""Customers and their cars: the files that open by themselves at the door.

``customers`` and ``cars`` hold the files, ``plates`` and ``vins`` read what stands on the car, ``finding`` finds it.
"""

from models.vehicles.cars import Body, DoneTold, DoneWhere, ItemDone, Odometer, Vehicle
from models.vehicles.customers import ContactAbout, ContactWish, Customer, CustomerKind, Wish, read_phone
from models.vehicles.finding import Found, SearchKey, SearchKind, frequent_provinces, search
from models.vehicles.plates import Plate, PlateKind, mask, plain, read_plate
from models.vehicles.vins import read_vin, vin_doubts

__all__ = [
    "Body", "ContactAbout", "ContactWish", "Customer", "CustomerKind", "DoneTold", "DoneWhere", "Found", "ItemDone",
    "Odometer", "Plate", "PlateKind", "SearchKey", "SearchKind", "Vehicle", "Wish", "frequent_provinces", "mask",
    "plain", "read_phone", "read_plate", "read_vin", "search", "vin_doubts",
]
