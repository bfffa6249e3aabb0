"""The acts of the settings for the tour of every POST: (rule, who sends it, where to and with what)."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from PIL import Image

from models.base import db
from models.catalogue import LabourOp
from models.imports import Import, plan_of
from models.people import Person
from models.setup.changes import SettingChange, last_change
from models.stores import Bay, Store

Ask = Callable[[Any], tuple[str, dict[str, Any]]]


def seen(tour: Any) -> int:
    return last_change(tour.cast.store)


def last(tour: Any) -> str:
    """What tells the two tours apart."""
    return str(tour.plate)[-1]


def bay(tour: Any) -> int:
    return db.session.query(Bay).filter(Bay.code.in_((f"X{last(tour)}", f"Y{last(tour)}"))).one().id


def person(tour: Any) -> int:
    return db.session.query(Person).filter_by(number=f"Z{last(tour)}").one().id


def rule_changed(tour: Any) -> int:
    return db.session.query(SettingChange).filter_by(setting="no_show_after_minutes").order_by(
        SettingChange.id.desc()).first().id  # type: ignore[union-attr]


def logo(tour: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (80, 20), (int(last(tour)) * 20, 10, 99)).save(file, "PNG")
    return file.getvalue()


def posts(tour: Any, *roles: str) -> dict[str, Any]:
    return {"number": f"Z{last(tour)}", "name": "周敏", "login": f"zhoumin{last(tour)}", "posts": list(roles)}


def brought(tour: Any) -> Import:
    return db.session.query(Import).order_by(Import.made_at.desc()).first()  # type: ignore[return-value]


def entry(tour: Any) -> dict[str, str]:
    return {"seen": plan_of(brought(tour), by=tour.cast.manager, at=datetime.now(UTC)).digest}


def a_store() -> dict[str, list[dict[str, Any]]]:
    """A sample day of nothing but its store: what is copied is told in tests/test_start.py."""
    return {"store": [dict(db.session.execute(sa.select(Store.__table__)).mappings().first())]}  # type: ignore[arg-type]


def op(t: Any, code: str) -> int:
    return db.session.query(LabourOp).filter_by(store_id=t.cast.store.id, code=code).one().id


ACTS: list[tuple[str, str, Ask]] = [
    ("/settings/changes/<page>", "E01", lambda t: ("/settings/changes/rules", {
        "no_show_after_minutes": f"4{last(t)}", "seen": seen(t)})),
    ("/settings/history/<id>/returns", "E01", lambda t: (f"/settings/history/{rule_changed(t)}/returns", {
        "seen": seen(t)})),
    ("/settings/logos", "E01", lambda t: ("/settings/logos", {"logo": logo(t), "seen": seen(t)})),
    ("/settings/bays", "E01", lambda t: ("/settings/bays", {"code": f"X{last(t)}", "kind": "body"})),
    ("/settings/bays/<id>/changes", "E01", lambda t: (f"/settings/bays/{bay(t)}/changes", {
        "code": f"Y{last(t)}", "kind": "wash", "places": "2", "seen": seen(t)})),
    ("/settings/bays/<id>/retirements", "E01", lambda t: (f"/settings/bays/{bay(t)}/retirements", {"seen": seen(t)})),
    ("/settings/people", "E01", lambda t: ("/settings/people", posts(t, "advisor"))),
    ("/settings/people/<id>/records", "E01", lambda t: (
        f"/settings/people/{person(t)}/records", posts(t, "advisor", "cashier"))),
    ("/settings/people/<id>/leavings", "E01", lambda t: (f"/settings/people/{person(t)}/leavings", {
        "left_on": str(t.cast.store.day(datetime.now(UTC)) + timedelta(days=9))})),
    ("/settings/people/<id>/stays", "E01", lambda t: (f"/settings/people/{person(t)}/stays", {})),
    ("/settings/people/<id>/leavings", "E01", lambda t: (f"/settings/people/{person(t)}/leavings", {
        "left_on": str(t.cast.store.day(datetime.now(UTC)))})),
    ("/settings/tables/<kind>", "E01", lambda t: ("/settings/tables/labour", {
        "pasted": f"工项代码\t名称\t标准工时\t工时费\nZ{last(t)}\t加长贴膜\t1.5\t300"})),
    ("/settings/tables/<kind>/retirements", "E01", lambda t: ("/settings/tables/labour/retirements", {
        "code": "L16", "on": str(t.cast.store.day(datetime.now(UTC)) + timedelta(days=9))})),
    ("/settings/tables/<kind>/<id>/returns", "E01", lambda t: (f"/settings/tables/labour/{op(t, 'L16')}/returns", {})),
    ("/settings/brought/<uuid:id>/entries", "E01", lambda t: (f"/settings/brought/{brought(t).id}/entries", entry(t))),
    ("/settings/samples", "E01", lambda t: ("/settings/samples", {})),
    ("/stores/<id>/choices", "E01", lambda t: (f"/stores/{t.cast.store.id}/choices", {})),
    ("/settings/samples/removals", "E01", lambda t: ("/settings/samples/removals", {"sure": "1"})),
]
