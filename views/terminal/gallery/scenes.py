"""The store of the gallery's pages with photos: cars that were here before, photographed, marked and signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from math import sin
from typing import Any

from models.base import db, keep
from models.evidence import Finding, FindingPhoto, Moment
from models.files import Purpose, StoredFile, receive_photo, receive_signature
from models.journey import Stage, Visit, VisitClass
from models.people import Person
from models.stores import Store
from models.vehicles import Body, Customer, Vehicle
from models.walkaround import (
    ROUND,
    CarPaper,
    DamageMark,
    FreeInspection,
    Lamp,
    MarkKind,
    MarkSeen,
    MarkSize,
    MarkState,
    NewMark,
    OldPartsWish,
    Sheet,
    Walkaround,
    Wheel,
)
from models.walkaround.sheets import WalkaroundPhoto
from views.photos import shelf
from views.terminal.gallery import drawn

KNOWN, SIGNED, FRESH = "苏E6K018", "苏E2M577", "苏ED72219"  # about to be walked around, walked around, never here
COLOURS: dict[str, drawn.Colour] = {KNOWN: (150, 32, 38), SIGNED: (222, 224, 226)}
SWING = [[[.05 + step / 40, .15 + .09 * sin(step / pace)] for step in range(22)] for pace in (1.7, 2.3)]
PEN = json.dumps([SWING[0], [[.2 + step / 60, .26 - .004 * step] for step in range(20)]])  # as a pad tells it


def furnish(store: Store, people: dict[str, Person], now: datetime) -> None:
    """Put the cars into a store that has its day so far; ``now`` is the moment of the pictures."""
    for number, finding in enumerate(db.session.query(Finding).order_by(Finding.at)):
        _shown(finding, people["E05"], now, done=number == 0)
    advisor = people["E03"]
    known = _car(store, KNOWN, "欧阳思雨", Body.SEDAN, 41_260, people["E01"], now)
    first = _earlier(known, advisor, now - timedelta(days=191), 33_870, seed=1)
    dent = _mark(first, "left_rear_door", MarkKind.DENT, MarkSize.PALM, "停车场", x=135, y=520)
    second = _earlier(known, advisor, now - timedelta(days=62), 38_402, seed=2)
    _again(second, dent)
    _mark(second, "front_bumper", MarkKind.SCRATCH, MarkSize.COIN, "", x=560, y=52)
    _mark(second, "right_front_wheel", MarkKind.SCRATCH, MarkSize.LARGER, "路沿擦伤一圈", x=905, y=270)
    _mark(second, "windscreen", MarkKind.CHIP, MarkSize.DOT, "", x=470, y=330)
    db.session.flush()
    _arrived(known, advisor, now - timedelta(minutes=9))
    signed = _car(store, SIGNED, "Alexandra Konstantinopolskaya", Body.SUV, 62_010, people["E01"], now)
    before = _earlier(signed, advisor, now - timedelta(days=120), 55_300, seed=3)
    kept = _mark(before, "bonnet", MarkKind.CHIP, MarkSize.DOT, "石子打的", x=500, y=250)
    mirror = _mark(before, "left_mirror", MarkKind.SCRATCH, MarkSize.COIN, "")
    db.session.flush()
    _signed(_arrived(signed, advisor, now - timedelta(minutes=34)), advisor, kept, mirror, now - timedelta(minutes=20))
    fresh = _car(store, FRESH, "李想", Body.MPV, 0, people["E01"], now)
    _arrived(fresh, advisor, now - timedelta(minutes=3))


def mark_of(plate: str) -> DamageMark:
    """The oldest mark of a car: it went through several stays."""
    return db.session.query(DamageMark).join(Vehicle, Vehicle.id == DamageMark.vehicle_id).filter(
        Vehicle.plate == plate).order_by(DamageMark.first_seen_at, DamageMark.place).first() or _none(plate)


def stay_of(plate: str) -> Visit:
    """The stay of today."""
    return db.session.query(Visit).join(Vehicle, Vehicle.id == Visit.vehicle_id).filter(
        Vehicle.plate == plate, Visit.delivered_at.is_(None)).first() or _none(plate)


def with_photos() -> Visit:
    """A stay whose findings show photos and which still waits for an answer, else the first with photos."""
    found: list[Finding] = db.session.query(Finding).order_by(Finding.at.desc()).all()
    open_ones = [one for one in found if one.visit.stage in (Stage.EVIDENCE, Stage.PARTS)]
    return (open_ones or found)[0].visit


def before_and_after() -> Visit:
    """A stay whose customer sees both."""
    return db.session.query(Visit).join(Finding, Finding.visit_id == Visit.id).join(Finding.photos).filter(
        FindingPhoto.moment == Moment.AFTER).first() or _none("photo of afterwards")


def _none(plate: str) -> Any:
    raise LookupError(f"the store of the photos has no {plate}")


def _car(store: Store, plate: str, owner: str, body: Body, km: int, by: Person, at: datetime) -> Vehicle:
    customer = Customer.open(store.id, name=owner, phone=f"1990001{km % 10_000:04d}", by=by, at=at)
    vehicle = Vehicle.open(customer, plate=plate, model="晨光 S15 旗舰版", km=km, by=by, at=at)
    vehicle.body = body
    db.session.flush()
    return vehicle


def _photo(visit: Visit, data: bytes, by: Person, at: datetime, purpose: Purpose = Purpose.WALKAROUND) -> StoredFile:
    return receive_photo(data, shelf=shelf(), store_id=visit.store_id, visit_id=visit.id, purpose=purpose, by=by, at=at)


def _round(visit: Visit, by: Person, at: datetime, seed: int) -> Iterator[tuple[str, StoredFile]]:
    vehicle = visit.vehicle
    for place, angle in enumerate((*ROUND, "interior")):
        data = drawn.round_of_a_car(vehicle.body, angle, COLOURS[vehicle.plate], vehicle.plate, seed * 20 + place)
        yield angle, _photo(visit, data, by, at, Purpose.INTERIOR if angle == "interior" else Purpose.WALKAROUND)


def _shown(finding: Finding, by: Person, at: datetime, *, done: bool) -> None:
    """What was found, in a picture; what is done, once more."""
    dirty = _photo(finding.visit, drawn.disc(finding.at.minute), by, finding.at, Purpose.EVIDENCE)
    finding.show(dirty, Moment.BEFORE)
    if done:
        clean = drawn.disc(finding.at.minute + 60, dirty=False)
        finding.show(_photo(finding.visit, clean, by, at, Purpose.EVIDENCE), Moment.AFTER)


def _earlier(vehicle: Vehicle, by: Person, at: datetime, km: int, seed: int) -> Walkaround:
    """A stay from before, with its sheet as it was signed then."""
    visit = Visit.from_records(vehicle, klass=VisitClass.MAINTENANCE, advisor=by, arrived_at=at,
                               delivered_at=at + timedelta(hours=3))
    db.session.flush()
    walk = keep(Walkaround(visit=visit, started_at=at, by_id=by.id, odometer_km=km, fuel_percent=50,
                           signed_at=at + timedelta(minutes=4), signed_by=vehicle.owner.name, body=vehicle.body))
    db.session.flush()
    for angle, photo in _round(visit, by, at, seed):
        keep(WalkaroundPhoto(walkaround=walk, photo=photo, angle=angle))
    return walk


def _mark(walk: Walkaround, place: str, kind: MarkKind, size: MarkSize, note: str, *, x: int | None = None,
          y: int | None = None) -> DamageMark:
    """What that sheet said first, with a photo from near."""
    vehicle, at = walk.visit.vehicle, walk.started_at + timedelta(minutes=2, seconds=len(place))
    near = _photo(walk.visit, drawn.scratch(COLOURS[vehicle.plate], len(place)), walk.by, at)
    mark = keep(DamageMark(store_id=walk.store_id, vehicle=vehicle, place=place, kind=kind, size=size, note=note,
                           body=vehicle.body if x else None, x=x, y=y, photo=near, first_seen_at=at))
    keep(MarkSeen(walkaround=walk, mark=mark, state=MarkState.NEW, photo=near, by_id=walk.by_id, at=at))
    return mark


def _again(walk: Walkaround, mark: DamageMark) -> None:
    near = _photo(walk.visit, drawn.scratch(COLOURS[walk.visit.vehicle.plate], 77), walk.by, walk.started_at)
    keep(MarkSeen(walkaround=walk, mark=mark, state=MarkState.CONFIRMED, photo=near, by_id=walk.by_id,
                  at=walk.started_at + timedelta(minutes=1)))


def _arrived(vehicle: Vehicle, by: Person, at: datetime) -> Visit:
    visit = Visit.walk_in(vehicle, klass=VisitClass.MAINTENANCE_REPAIR, by=by, at=at)
    db.session.flush()
    visit.greet(by=by, at=at + timedelta(seconds=40))
    return visit


def _signed(visit: Visit, by: Person, kept: DamageMark, gone: DamageMark, at: datetime) -> None:
    """Today's sheet with everything a sheet can say."""
    ink, pen = (receive_signature(json.dumps([{"points": [{"x": x * 600, "y": y * 600} for x, y in swing]}]).encode(),
                                  shelf=shelf(), store_id=visit.store_id, visit_id=visit.id, by=by, at=at)
                for swing in SWING)
    photo = partial(_photo, visit, by=by, at=at)
    Walkaround.take_in(visit, Sheet(
        odometer_km=62_418, fuel_percent=25, signed_by=visit.vehicle.owner.name, lamps=[Lamp.ENGINE, Lamp.TYRES],
        tread={Wheel.LEFT_FRONT: 42, Wheel.RIGHT_FRONT: 40, Wheel.RIGHT_REAR: 15, Wheel.LEFT_REAR: 31},
        valuables="后备箱：高尔夫球包；副驾：婴儿座椅", keys_taken=2, papers=list(CarPaper),
        old_parts=OldPartsWish.TAKE, road_test=True,
        inspections=list(FreeInspection)[:3], note="客户赶 14:00 的高铁", body=Body.SUV,
        photos=list(_round(visit, by, at, 9)), took=timedelta(minutes=4),
        marks=[NewMark(place="right_rear_fender", kind=MarkKind.SCRATCH, size=MarkSize.PALM, note="露出底漆",
                       x=885, y=640, photo=photo(drawn.scratch(COLOURS[SIGNED], 41)))],
        looks={kept.id: MarkState.CONFIRMED, gone.id: MarkState.REPAIRED},
        look_photos={kept.id: photo(drawn.scratch(COLOURS[SIGNED], 42))},
        signature=ink, advisor_signature=pen,
    ), by=by, at=at)
