"""deliver: what customers are to be told and have not been yet."""

from __future__ import annotations

import click
from flask import current_app

from models.notices import SendingState
from models.words import Say
from views.carriers import carriers_of
from views.carriers import deliver as one_round
from views.carriers.letters import deliver_letters
from views.html import told_in
from views.states import word_key


@click.command("deliver")
def deliver() -> None:
    """发出等待的通知(服务器会自己发) / send the notices that wait; a running server does so by itself."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    done = one_round(app)
    for state in deliver_letters(app, carriers_of(app.config["SETTINGS"])):
        done.counts[state] = done.counts.get(state, 0) + 1
    for state in SendingState:
        if number := done.counts.get(state):
            said = Say(word_key(state))
            click.echo(f"  {number}  {told_in('zh', said)} / {told_in('en', said)}")
    if not done:
        click.echo("  没有等待的通知 / nothing waits")
