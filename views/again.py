"""A refused form is shown again: the page it stands on, the sentences, and what was typed.

``@again(page)`` under ``@allow(…)`` of a POST; ``page`` gets the arguments of the act and answers with the page.
htmx and programs get the sentences alone: their page is still there, with everything typed in it. With
``block=True`` htmx too gets the page's block, where that tells the refusal at a place of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Blueprint, Response, g, request
from sqlalchemy.exc import IntegrityError

from models.words import Blocked, Refused, Say
from views import database
from views.respond import wants_block, wants_json

View = TypeVar("View", bound=Callable[..., Any])


def again(page: Callable[..., Response], *, block: bool = False) -> Callable[[View], View]:
    """Answer a refusal (409, 422) with the page of the form, filled as it was sent."""

    def around(view: View) -> View:
        @wraps(view)
        def act(**args: Any) -> Response:
            try:
                return view(**args)
            except Blocked as blocked:
                refusal = blocked
            except IntegrityError as trouble:
                said = database.explain(trouble)
                if not isinstance(said, Blocked):
                    raise
                refusal = said
            if (wants_block() and not block) or wants_json():
                raise refusal
            return _shown(page, refusal, args)

        return act  # type: ignore[return-value]

    return around


def _shown(page: Callable[..., Response], refusal: Blocked, args: dict[str, Any]) -> Response:
    if refusal.log is not None:
        database.on_record(refusal.log)
    database.give_up()
    g.refusal = refusal
    response = page(**args)
    response.status_code = 422 if isinstance(refusal, Refused) else 409
    return response


def init_again(pages: Blueprint) -> None:
    """Give the templates ``refused``, ``typed`` and ``wrong``."""
    pages.app_context_processor(lambda: {"refused": refused(), "typed": typed, "wrong": wrong})


def refused() -> tuple[Say, ...]:
    """The sentences of the refusal that this page answers, if it does."""
    refusal: Blocked | None = g.get("refusal")
    return refusal.sentences if refusal else ()


def typed(action: str, name: str, otherwise: Any = "") -> Any:
    """What was typed into this field of the form that posts to ``action``, else what belongs there."""
    mine = g.get("refusal") is not None and request.path == action
    return request.form.get(name, "") if mine else otherwise


def wrong(action: str, name: str) -> Say | str:
    """What is wrong with this field of the form that posts to ``action``."""
    refusal = g.get("refusal")
    return refusal.fields.get(name, "") if isinstance(refusal, Refused) and request.path == action else ""
