"""Consent: what is put before the customer, their decision on each version of each line, and what stands on it.

``law`` holds what no screen is needed for; ``requests`` and ``asking`` the questions and answers.
"""

from models.consent.asking import ask
from models.consent.law import OnApproval, ground, stands_on_approval
from models.consent.requests import Channel, Decision, Purpose, Request, RequestLine

__all__ = ["Channel", "Decision", "OnApproval", "Purpose", "Request", "RequestLine", "ask", "ground",
           "stands_on_approval"]
