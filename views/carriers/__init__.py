"""Delivers notices (models/notices): by mail, by a gateway for text messages. Each is optional.

A server process delivers by itself, right after the answer that queued something (``background``); the command
``deliver`` does it once by hand. What is delivered is taken by a conditional UPDATE, so that two never send the same.
"""

from views.carriers.background import Postman, init_carriers
from views.carriers.messages import Message, Trouble
from views.carriers.round import Round, carriers_of, deliver

__all__ = ["Message", "Postman", "Round", "Trouble", "carriers_of", "deliver", "init_carriers"]
