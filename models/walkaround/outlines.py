"""Places of a car, clockwise from the driver's door, and the photos of the round in the order in which one walks."""

from __future__ import annotations

from models.vehicles import Body
from models.walkaround.drawing import TALL, WIDE, unfolded
from models.words import Say

# A mark keeps the word on the left.
PLACES: dict[str, Say] = {
    "left_front_door": Say("Left front door"), "left_front_window": Say("Left front window"),
    "left_mirror": Say("Left mirror"), "left_sill": Say("Left sill"),
    "left_front_fender": Say("Left front fender"), "left_front_wheel": Say("Left front wheel"),
    "left_headlamp": Say("Left headlamp"), "front_bumper": Say("Front bumper"), "bonnet": Say("Bonnet"),
    "windscreen": Say("Windscreen"), "right_headlamp": Say("Right headlamp"),
    "right_front_fender": Say("Right front fender"), "right_front_wheel": Say("Right front wheel"),
    "right_mirror": Say("Right mirror"), "right_front_door": Say("Right front door"),
    "right_front_window": Say("Right front window"), "right_sill": Say("Right sill"),
    "right_rear_door": Say("Right rear door"), "right_rear_window": Say("Right rear window"),
    "right_rear_wheel": Say("Right rear wheel"), "right_rear_fender": Say("Right rear fender"),
    "right_tail_lamp": Say("Right tail lamp"), "rear_bumper": Say("Rear bumper"), "boot": Say("Boot"),
    "rear_window": Say("Rear window"), "left_tail_lamp": Say("Left tail lamp"),
    "left_rear_fender": Say("Left rear fender"), "left_rear_wheel": Say("Left rear wheel"),
    "left_rear_door": Say("Left rear door"), "left_rear_window": Say("Left rear window"), "roof": Say("Roof"),
    "interior": Say("Inside"),
}

# Eight around the car, then what is read off it, then what is particular.
ROUND: dict[str, Say] = {
    "left": Say("Driver's side"), "front_left": Say("Front left"), "front": Say("Front"),
    "front_right": Say("Front right"), "right": Say("Passenger's side"), "rear_right": Say("Rear right"),
    "rear": Say("Rear"), "rear_left": Say("Rear left"), "odometer": Say("Odometer"), "plate": Say("Plate or VIN"),
}
ANGLES: dict[str, Say] = {**ROUND, "interior": Say("Interior"), "detail": Say("Detail"), "damage": Say("Damage")}

# From where a place is seen best: the photo beside a mark in a dispute.
SEEN_FROM: dict[str, tuple[str, ...]] = {
    "left": ("left", "front_left", "rear_left"), "right": ("right", "front_right", "rear_right"),
    "front": ("front", "front_left", "front_right"), "rear": ("rear", "rear_left", "rear_right"),
}
FRONT = ("front_bumper", "bonnet", "windscreen")


def angles_of(place: str) -> tuple[str, ...]:
    """The angles of the round that show a place, the best first; none for the inside."""
    if place == "interior":
        return ("interior",)
    if place in FRONT:
        return SEEN_FROM["front"]
    side = place.partition("_")[0]
    if side in ("left", "right"):
        end = "front" if "front" in place or "headlamp" in place or "mirror" in place else "rear"
        return (side, f"{end}_{side}") if "lamp" not in place else (f"{end}_{side}", end)
    return SEEN_FROM["rear"] if place != "roof" else ("front_left", "rear_right")


def spot_of(body: Body, place: str) -> tuple[int, int]:
    """Where a place lies on the drawing of a body, per mille: the middle of its largest panel on its own side."""
    drawn = [panel for panel in unfolded(body).panels if panel.place == place]
    if not place.startswith(("left_", "right_")):
        drawn = [panel for panel in drawn if abs(panel.middle[0] - WIDE / 2) < WIDE / 10]
    if not drawn:
        return 500, 500
    x, y = max(drawn, key=lambda panel: panel.area).middle
    return round(x * 1000 / WIDE), round(y * 1000 / TALL)
