"""Sentences and their facts: told in the reader's language, also when they are read years later."""

from __future__ import annotations

import json

from flask import Flask
from flask_babel import force_locale

from models.words import Named, Say
from views.html import told

STRUCK = Say("The customer struck “{line}”. It may only be done after a new approval.",
             line=Named("U17 轮胎换位加动平衡", "U17 Tyre rotation with balancing"))


def test_a_name_is_told_in_the_language_of_the_sentence(app: Flask):
    with app.test_request_context(), force_locale("zh"):
        assert told(STRUCK) == "客户已划掉“U17 轮胎换位加动平衡”，重新确认后才能施工。"
    with app.test_request_context(), force_locale("en"):
        assert "“U17 Tyre rotation with balancing”" in told(STRUCK)


def test_what_was_written_down_is_read_in_either_language_later(app: Flask):
    kept = json.loads(json.dumps(STRUCK.as_json()))
    with app.test_request_context(), force_locale("en"):
        assert told(Say.from_json(kept)) == told(STRUCK)
    with app.test_request_context(), force_locale("zh"):
        assert told(Say.from_json(kept)) == told(STRUCK)
