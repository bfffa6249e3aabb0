"""Consent: what is put before the customer, their decision on each version of each line, and what stands on it.

``law`` holds what no screen is needed for; ``requests`` and ``asking`` the questions and answers; ``offers`` the
customer's word that they want to be asked nothing more, ``openings`` what is taken off only to look, ``telephone``
an answer by telephone, ``objections`` the customer's word against one.
"""

from models.consent.asking import ask, is_offer, purpose_of, why_not_offer
from models.consent.kinds import Channel, Purpose
from models.consent.law import OnApproval, ground, stands_on_approval
from models.consent.objections import (
    Objection,
    agreed_to,
    object_to,
    objection_to,
    objections_of,
    why_not_object,
)
from models.consent.offers import (
    NO_MORE,
    OfferWish,
    last_wish,
    no_more_offers,
    offers_again,
    tell_safety,
    why_not_tell,
)
from models.consent.openings import Opening, ask_to_open, in_pieces, open_for_look, openings, why_not_open
from models.consent.requests import Decision, Request, RequestLine
from models.consent.telephone import PhoneCall, Told, call_of, why_not_by_phone
from models.orders import Answer

__all__ = [
    "NO_MORE", "Answer", "Channel", "Decision", "Objection", "OfferWish", "OnApproval", "Opening", "PhoneCall",
    "Purpose", "Request", "RequestLine", "Told", "agreed_to", "ask", "ask_to_open", "call_of", "ground", "in_pieces",
    "is_offer", "last_wish", "no_more_offers", "object_to", "objection_to", "objections_of", "offers_again",
    "open_for_look", "openings", "purpose_of", "stands_on_approval", "tell_safety", "why_not_by_phone",
    "why_not_object", "why_not_offer", "why_not_open", "why_not_tell",
]
