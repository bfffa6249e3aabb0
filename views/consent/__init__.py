"""Consent: what is put before the customer and their one answer (``pages``), that they want no more offers
(``offers``), what is taken off only to look (``openings``), an order from signature to signature (``versions``)."""

from views.consent import offers, openings, versions
from views.consent.pages import bp

__all__ = ["bp", "offers", "openings", "versions"]
