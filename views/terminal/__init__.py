"""Commands of the app: ``./clearbay <word>``. Each module beside this one brings its own.

A module defines functions with ``@click.command("word")``; whatever it defines is a word of the app. Commands run with
the app's context; those that write say ``with transaction():`` (views/database.py).
"""

from __future__ import annotations

import importlib
import pkgutil

import click
from flask import Flask
from flask.cli import with_appcontext


def init_terminal(app: Flask) -> None:
    """Find the commands and give them to the app."""
    for module in pkgutil.iter_modules(__path__):
        brought = vars(importlib.import_module(f"{__name__}.{module.name}"))
        for command in brought.values():
            if isinstance(command, click.Command) and command.callback is not None:
                command.callback = with_appcontext(command.callback)
                app.cli.add_command(command)
