"""What the QR of an enrolment opens on the new tablet: a name, one press, and the device is a tablet of the store.

Looking changes nothing, so a link preview is harmless. The address is neither logged nor stored.
"""

from __future__ import annotations

import hmac
import uuid

from flask import Response, abort, request, url_for

from models.people import Enrolment
from models.people.tablets import enrolment_of
from models.words import Blocked, Refused, Say
from views.access import allow, at_store, now
from views.again import again
from views.cookies import set_cookie, take_cookie
from views.fields import text
from views.once import NO_NUMBER, by_nature
from views.respond import changed, show
from views.signin.door import LONGEST, bp, cookie_name, secret, tablet_cookie
from views.signin.sessions import end_this, tablet

NO_SUCH_CODE = Say("This code leads nowhere. Scan it again, or ask the manager for a new one.")


@bp.get("/enrol/<token>")
@allow.link
def enrol_page(token: str) -> Response:
    """Which store this device will belong to; the name it shall have."""
    return show("tablets/enrol.html", code=good(token), token=token, is_one=tablet())


@bp.post("/enrol/<token>")
@allow.link
@by_nature
@again(enrol_page)
def enrol(token: str) -> Response:
    """Make this device a tablet. Sent again by the same device, because the answer was lost, it is the same tablet."""
    key = _key(token)
    code = good(token, key)
    if tablet() is not None and not code.is_of(key):
        raise Blocked(Say("This device is a tablet already. Use the code on another device."))
    made = code.enrol(text("name"), token=key, at=now(), device=request.user_agent.string[:120])
    end_this()
    response = changed(url_for("signin.page"), said=Say("This device is now the tablet “{name}”.", name=made.name))
    set_cookie(response, tablet_cookie(), key, LONGEST)
    take_cookie(response, cookie_name())
    return response


def good(token: str, key: str | None = None) -> Enrolment:
    """The enrolment of this address. 404 for a wrong code, 410 for a used or an expired one, each in words."""
    code = enrolment_of(token)
    if code is None:
        abort(_over(NO_SUCH_CODE, 404))
    at_store(code.store)
    over = None if key is not None and code.is_of(key) else code.is_over(now())
    if over is not None:
        abort(_over(over, 410))
    return code


def _key(token: str) -> str:
    """The tablet's own secret: it follows from the code and the form's number, which only this device has seen."""
    try:
        number = uuid.UUID(request.form.get("item_id", ""))
    except ValueError:
        raise Refused(item_id=NO_NUMBER) from None
    return hmac.new(secret().encode(), f"tablet {token} {number}".encode(), "sha256").hexdigest()


def _over(why: Say, status: int) -> Response:
    return show("tablets/over.html", status=status, why=why)
