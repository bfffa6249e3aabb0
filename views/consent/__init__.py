"""Consent: what is put before the customer and their one answer (``pages``), that they want no more offers
(``offers``), what is taken off only to look (``openings``), an order from signature to signature (``versions``), their
word against an answer by telephone (``objections``)."""

from views.consent import objections, offers, openings, versions
from views.consent.pages import bp

__all__ = ["bp", "objections", "offers", "openings", "versions"]
