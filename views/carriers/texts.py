"""Hands text messages to a gateway: one POST of JSON, signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from views.carriers.messages import Message, Trouble
from views.environment.messengers import Gateway

PATIENCE = 15  # seconds
AGAIN = (408, 425, 429)  # of the refusals, those that may pass
ENOUGH = 65_536  # bytes of an answer


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A gateway that sends us elsewhere is none: the telephone would go with us."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def text(gateway: Gateway, message: Message) -> str:
    """Hand it in; answers with the gateway's number, if it told one. Raises Trouble.

    The header ``X-Clearbay-Signature`` is ``t=<seconds>,v1=<hex>``, the HMAC-SHA256 of ``<seconds>.<body>``; the
    header ``Idempotency-Key`` is the same for every try of the same message.
    """
    body = json.dumps(_filled(gateway.body, vars(message)), ensure_ascii=False).encode()
    at = str(int(time.time()))
    headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": message.id}
    if gateway.key:
        seal = hmac.new(gateway.key.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers["X-Clearbay-Signature"] = f"t={at},v1={seal}"
    asked = urllib.request.Request(gateway.url, data=body, headers=headers)  # noqa: S310  the settings allow https only
    try:
        with urllib.request.build_opener(_StayHere).open(asked, timeout=PATIENCE) as answer:
            return _receipt(answer.read(ENOUGH))
    except urllib.error.HTTPError as refused:
        refused.close()
        hopeless = 400 <= refused.code < 500 and refused.code not in AGAIN
        raise Trouble(f"http {refused.code}", for_good=hopeless) from None
    except urllib.error.URLError as trouble:
        raise Trouble(type(trouble.reason).__name__) from None
    except (OSError, HTTPException) as trouble:
        raise Trouble(type(trouble).__name__) from None


def _filled(form: Any, facts: dict[str, str]) -> Any:
    """The form with its places filled, however deep they stand."""
    if isinstance(form, dict):
        return {name: _filled(value, facts) for name, value in form.items()}
    if isinstance(form, list):
        return [_filled(value, facts) for value in form]
    if isinstance(form, str):
        for name, value in facts.items():
            form = form.replace(f"{{{name}}}", value)
    return form


def _receipt(answer: bytes) -> str:
    try:
        told = json.loads(answer)
    except ValueError:
        return ""
    return str(told.get("id", "")) if isinstance(told, dict) else ""
