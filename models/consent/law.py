"""The law of the data: clocking, issue and bill carry the approving decision as a foreign key.

A CHECK says that their own time is not earlier. No screen is needed for it to hold.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr

from models.base import one
from models.orders import Answer, LineVersion

if TYPE_CHECKING:
    from models.consent.requests import Decision


class OnApproval:
    """A record that may only exist on an approval older than itself.

    Carries (line version, decision, decided_at, answer) as a foreign key to the decision, with a CHECK that the
    answer is a yes and another (see ``stands_on_approval``) that its own time is not earlier.
    """

    line_version_id: Mapped[int]
    decision_id: Mapped[int]
    decided_at: Mapped[datetime]
    answer: Mapped[Answer]

    @declared_attr
    def approved_version(cls) -> Mapped[LineVersion]:  # noqa: N805  declared_attr works on the class
        return one(f"LineVersion.id == foreign({cls.__name__}.line_version_id)")  # type: ignore[attr-defined]


def ground(approval: Decision) -> dict[str, Any]:
    """The four columns of the approval a record stands on."""
    return {"line_version_id": approval.line_version_id, "decision_id": approval.id,
            "decided_at": approval.decided_at, "answer": approval.answer}


def stands_on_approval(own_time: str) -> tuple[Any, ...]:
    """The table arguments that let the database hold the law for a record whose own time is ``own_time``."""
    return (
        sa.ForeignKeyConstraint(
            ["decision_id", "line_version_id", "decided_at", "answer"],
            ["decision.id", "decision.line_version_id", "decision.decided_at", "decision.answer"]),
        sa.CheckConstraint("answer = 'approved'", name="approved"),
        sa.CheckConstraint(f"{own_time} >= decided_at", name="approval_is_older"),
    )
