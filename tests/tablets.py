"""What people do at a tablet of the workshop, for its tests; its fixtures stand in tests/conftest.py."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient

from demo import PIN
from models.base import db
from models.people import Enrolment, Person
from tests.cast import Cast
from tests.conftest import ENGINES

SECRET = "a key for tests " * 3  # the tests' own
on_both = pytest.mark.parametrize("engine", ENGINES)


def form(**fields: Any) -> dict[str, Any]:
    return {"item_id": str(uuid.uuid4()), **fields}


def tap(tablet: FlaskClient, person: Person | int, pin: str = PIN, **fields: Any) -> Any:
    """Somebody taps their picture and types six digits."""
    id_ = person.id if isinstance(person, Person) else person
    return tablet.post("/sign-in/pin", data={"person": id_, "pin": pin, **fields})


def is_in(device: FlaskClient) -> bool:
    """Whether somebody is signed in there."""
    return device.get("/me").status_code == 200


def code_of(cast: Cast) -> tuple[Enrolment, str]:
    code = Enrolment.make(cast.store, secret=SECRET, by=cast.manager, at=cast.later())
    db.session.flush()
    return code, str(code.code(SECRET))
