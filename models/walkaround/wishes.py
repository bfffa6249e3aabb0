"""What is read off the dashboard, taken along and agreed at the car: the words of the sheet."""

from __future__ import annotations

from enum import StrEnum, auto


class OldPartsWish(StrEnum):
    """What the customer wants done with replaced parts."""

    TAKE = auto()
    LEAVE = auto()


class Lamp(StrEnum):
    """Warning lamps of the dashboard, by their pictures."""

    ENGINE = auto()
    OIL = auto()
    COOLANT = auto()
    CHARGING = auto()
    BRAKES = auto()
    ABS = auto()
    STABILITY = auto()
    AIRBAG = auto()
    TYRES = auto()
    STEERING = auto()
    HIGH_VOLTAGE = auto()
    SERVICE = auto()


class CarPaper(StrEnum):
    """Papers that stay with the store while the car does."""

    LICENCE = auto()
    BOOKLET = auto()
    INSURANCE = auto()


class FreeInspection(StrEnum):
    """What the customer may allow to be looked at for nothing. The nine points are the technician's."""

    NINE_POINTS = auto()
    UNDERBODY = auto()
    BATTERY_TEST = auto()
    BRAKE_PADS = auto()
    THROTTLE = auto()
    SPARK_PLUGS = auto()

    @property
    def needs_removal(self) -> bool:
        """Whether something is taken off the car for it: never without this permission."""
        return self in (FreeInspection.BRAKE_PADS, FreeInspection.THROTTLE, FreeInspection.SPARK_PLUGS)


class Wheel(StrEnum):
    """The four wheels, clockwise from the driver's."""

    LEFT_FRONT = auto()
    RIGHT_FRONT = auto()
    RIGHT_REAR = auto()
    LEFT_REAR = auto()


TREAD_WORN = 16  # tenths of a millimetre: below, a tyre may not be driven any more
