"""The demo store's pay plan: commission by item, hours by grade, half as much again for what a technician found."""

from __future__ import annotations

from datetime import date

from models.pay import PayPlan, publish
from models.people import Person
from models.stores import Store

COMPONENTS = {"rules": [
    {"kind": "item_commission", "for": "advisor"},
    {"kind": "item_commission", "for": "technician"},
    {"kind": "hour_pay", "for": "technician", "found_factor": 15_000,
     "rates": {"senior": 2_800, "middle": 2_200, "junior": 1_600}},
]}


def load(store: Store, by: Person, on: date) -> PayPlan:
    """Publish the plan from a day on."""
    return publish(store, on, COMPONENTS, name_zh="按项目提成与计件工时", name_en="Commission by item and paid hours",
                   by=by, at=store.moment(on))
