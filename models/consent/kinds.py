"""The words of consent: how an answer came, and why a line was put before the customer."""

from __future__ import annotations

from enum import StrEnum, auto


class Channel(StrEnum):
    """How the customer's answer reached us."""

    TABLET = auto()
    OWN_PHONE = auto()
    LINK_AND_CODE = auto()
    TELEPHONE = auto()
    PAPER = auto()
    STORE = auto()  # the store itself is the customer of an internal order


class Purpose(StrEnum):
    """Why a line is put before the customer."""

    RECEPTION = auto()
    ADD_ON = auto()
    RE_OFFER = auto()
