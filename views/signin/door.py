"""The door itself: its blueprint, the cookies it gives out, and what is counted in place of names and addresses."""

from __future__ import annotations

import hmac

from flask import Blueprint, current_app

from views.cookies import secure

bp = Blueprint("signin", __name__)

ONE_YEAR = 365 * 86_400
LONGEST = 400 * 86_400  # browsers keep no cookie longer


def cookie_name(of: str = "clearbay") -> str:
    """With the prefix a browser lets neither a subdomain nor plain http set or replace it."""
    return f"__Host-{of}" if secure() else of


def tablet_cookie() -> str:
    """The name of the cookie that makes a device a tablet of the store."""
    return cookie_name("clearbay-tablet")


def secret() -> str:
    """What codes, PINs and badges are made with and no database holds."""
    return str(current_app.config["SECRET_KEY"])


def fingerprint(told: str) -> str:
    """Names, addresses and people are counted at the door, not kept."""
    return hmac.new(secret().encode(), told.encode(), "sha256").hexdigest()
