"""The bodies, told in millimetres from the front bumper (0) to the rear; their drawings follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from models.vehicles import Body

Point = tuple[float, float]


@dataclass(frozen=True)
class Shape:
    """A body seen from the side, in millimetres: where its panels meet, and its silhouette from front to rear."""

    width: float
    wheels: tuple[float, float, float]        # front axle, rear axle, radius
    doors: tuple[float, float, float]         # where the front door begins, where the rear door does, where it ends
    glass: tuple[float, float, float, float]  # windscreen below and at the roof, rear window at the roof and below
    belt: tuple[float, float]                 # height of the glass' lower edge, in front and behind
    outline: tuple[Point, ...]                # front bottom, over the roof, to rear bottom

    @property
    def long(self) -> float:
        return max(u for u, _ in self.outline)

    @property
    def high(self) -> float:
        return max(v for _, v in self.outline)


SHAPES: dict[Body, Shape] = {
    Body.SEDAN: Shape(1830, (920, 3730, 335), (1370, 2420, 3400), (1270, 2060, 3260, 4080), (905, 985), (
        (120, 215), (10, 300), (0, 470), (20, 640), (110, 760), (480, 860), (1270, 960), (1640, 1190), (2060, 1400),
        (2480, 1462), (2960, 1450), (3300, 1370), (3700, 1210), (4080, 1085), (4560, 1065), (4730, 1010), (4790, 840),
        (4800, 560), (4770, 340), (4660, 235))),
    Body.SUV: Shape(1890, (890, 3620, 375), (1330, 2330, 3270), (1230, 1880, 3980, 4430), (1030, 1120), (
        (130, 270), (15, 370), (0, 560), (15, 790), (100, 930), (420, 1010), (1230, 1090), (1560, 1380), (1880, 1610),
        (2300, 1690), (3100, 1700), (3800, 1640), (4060, 1560), (4380, 1180), (4560, 1060), (4640, 900), (4650, 620),
        (4620, 400), (4500, 290))),
    Body.MPV: Shape(1880, (900, 3930, 345), (1330, 2350, 3480), (950, 1820, 4480, 4840), (980, 1060), (
        (120, 225), (15, 320), (0, 520), (20, 700), (110, 810), (480, 930), (950, 1060), (1400, 1400), (1820, 1660),
        (2400, 1755), (3400, 1765), (4200, 1720), (4520, 1630), (4800, 1160), (4890, 1000), (4940, 800), (4945, 520),
        (4900, 330), (4780, 240))),
    Body.VAN: Shape(1760, (760, 3760, 335), (980, 1960, 3330), (480, 1240, 4830, 4960), (1020, 1060), (
        (120, 235), (10, 340), (0, 560), (20, 800), (120, 960), (480, 1110), (860, 1500), (1240, 1850), (1800, 1955),
        (2800, 1985), (4000, 1980), (4700, 1950), (4900, 1860), (4980, 1300), (5010, 1000), (5020, 620), (4990, 370),
        (4880, 250))),
    Body.PICKUP: Shape(1900, (930, 4120, 385), (1400, 2330, 3180), (1290, 1910, 3080, 3250), (1050, 1100), (
        (140, 320), (20, 420), (0, 620), (15, 850), (90, 980), (420, 1060), (1290, 1130), (1600, 1420), (1910, 1690),
        (2300, 1785), (2800, 1790), (3080, 1730), (3240, 1200), (3340, 1130), (5180, 1120), (5290, 1080), (5320, 840),
        (5320, 560), (5280, 470), (5180, 420))),
}
