"""Signing in: by name and password anywhere; by picture and PIN, or badge and PIN, on an enrolled tablet alone."""

from views.signin import enrolling, lock, password, pictures, pin
from views.signin.door import bp
from views.signin.guessing import TRIES_OF_NAME
from views.signin.sessions import AT_MOST, UNTOUCHED, awaiting_factor, person_of_request, renew, sign_in, tablet

__all__ = [
    "AT_MOST", "TRIES_OF_NAME", "UNTOUCHED", "awaiting_factor", "bp", "enrolling", "lock", "password",
    "person_of_request", "pictures", "pin", "renew", "sign_in", "tablet",
]
