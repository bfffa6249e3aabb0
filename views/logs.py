"""The log: one JSON object a line, and nothing in it that says who a customer is.

A request is told by its *rule* (`/visits/<id>`), never its address: an address holds the secret of a customer's
link, a search holds a name, a form a telephone. A person is a number, a store is a number. When something breaks,
the kind of error and the places in the code are written, not its message: databases put the offending values there.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, g, has_request_context, request

from views.environment import Mode, Settings

ROOT = Path(__file__).resolve().parent.parent
REQUESTS = "clearbay.requests"

# The last guard, for sentences written into the log by hand: plates, VINs and telephones become dots.
# fmt: off
PERSONAL = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使][A-HJ-NP-Z][·\s]?[A-HJ-NP-Z0-9]{4,5}[A-HJ-NP-Z0-9挂学警港澳]"
    r"|\b[A-HJ-NPR-Z0-9]{17}\b"
    r"|(?<!\d)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)"
)
# fmt: on


def init_logs(app: Flask, settings: Settings) -> None:
    """Write one line for each request and one for whatever the app has to say, to where the settings point.

    Call it first: Flask asks whoever registered first last, so the line tells what the person was really answered.
    Modules log to `logging.getLogger("clearbay.<module>")`.

    Sets `g.request_id`, which problem pages may show and which the answer carries as `X-Request-ID`. A line names
    `g.person_id` and `g.store_id` if somebody set them, else the person Flask-Login has already loaded.
    """
    lines = JsonLines(messages=settings.mode in (Mode.DEMO, Mode.TEST))
    handler = _handler(settings)
    handler.setFormatter(lines)
    for name in ("clearbay", app.logger.name):
        logger = logging.getLogger(name)
        for former in logger.handlers:
            former.close()
        logger.handlers[:] = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = settings.testing  # so that a test sees what is written
    # The servers write addresses of their own accord: gunicorn when a request breaks, werkzeug for every one.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    for other in logging.getLogger("gunicorn.error").handlers:
        other.setFormatter(lines)

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = secrets.token_hex(8)

    @app.after_request
    def end(response: Response) -> Response:
        if "began" in g:
            response.headers["X-Request-ID"] = g.request_id
            logging.getLogger(REQUESTS).info("request", extra={"facts": _request_facts(response)})
        return response


def request_id() -> str | None:
    """The number of the request being answered, as it stands in the log; None outside of one."""
    return g.get("request_id") if has_request_context() else None


def _request_facts(response: Response) -> dict[str, Any]:
    """What may be kept about a request."""
    person, store = _who()
    return {
        "method": request.method,
        "route": _rule(),
        "status": response.status_code,
        "ms": round((time.perf_counter() - g.began) * 1000, 1),
        "person": person,
        "store": store,
    }


def _rule() -> str | None:
    """The pattern that the address matched; None if it matched nothing, for then it may be a mistyped link."""
    return request.url_rule.rule if request.url_rule else None


def _who() -> tuple[int | None, int | None]:
    """The numbers of the person and the store, without asking the database: it may be closed by now."""
    person, store = g.get("person_id"), g.get("store_id")
    user = g.get("_login_user")
    state = sa.inspect(user, raiseerr=False) if person is None and user is not None else None
    if state is not None and state.identity:
        person = state.identity[0]
        store = store if store is not None else state.dict.get("store_id")
    return person, store


def _handler(settings: Settings) -> logging.Handler:
    if settings.log == "-":
        return logging.StreamHandler(sys.stderr)
    return WatchedFileHandler(settings.log, encoding="utf-8", delay=True)  # logrotate may move the file away


class JsonLines(logging.Formatter):
    """A record as one line of JSON. With `messages` also what an error says: for demos and tests only."""

    def __init__(self, *, messages: bool) -> None:
        super().__init__()
        self.messages = messages

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "request": request_id(),
        }
        told = getattr(record, "facts", None)
        if told is not None:
            facts |= told
        else:
            facts["say"] = self._sentence(record)
        if record.exc_info and record.exc_info[1]:
            facts |= self._trouble(record.exc_info[1])
        return json.dumps({name: value for name, value in facts.items() if value is not None}, ensure_ascii=False)

    def _sentence(self, record: logging.LogRecord) -> str:
        # Flask ("Exception on /g/…") and gunicorn ("Error handling request /g/…") tell the address with an error.
        if record.name.startswith("gunicorn") and record.exc_info:
            return str(record.msg).partition("%")[0].strip()
        said = record.getMessage()
        if has_request_context() and len(request.path) > 1:
            said = said.replace(request.path, _rule() or "…")
        return PERSONAL.sub("…", said)

    def _trouble(self, error: BaseException) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "error": " < ".join(type(link).__name__ for link in _chain(error)),
            "constraint": getattr(getattr(getattr(error, "orig", None), "diag", None), "constraint_name", None),
            "trace": [place for link in _chain(error) for place in _places(link)],
        }
        if self.messages:
            facts["message"] = str(error)
        return facts


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _places(error: BaseException) -> list[str]:
    """Where it happened, outermost first: file, line and function of our own code, and the innermost of others'."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(ROOT) and ".venv" not in frame.filename]
    if frames and frames[-1] not in ours:
        ours.append(frames[-1])
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in ours]


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else "/".join(path.parts[-2:])
