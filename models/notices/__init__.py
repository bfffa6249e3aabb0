"""Notices: who is told what upon which event. Written in the transaction of the event, delivered afterwards.

``events.py`` says which event is told in which words; ``notices.py`` keeps what was told and how far it has come.
"""

from models.notices.events import TOLD, Telling
from models.notices.notices import Notice, Sending, SendingState, Way, due, tell, told_at

__all__ = ["TOLD", "Notice", "Sending", "SendingState", "Telling", "Way", "due", "tell", "told_at"]
