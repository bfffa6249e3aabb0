"""Commands of the app: ``./clearbay <word>``. Each module beside this one brings its own.

A module defines functions with ``@click.command("word")``; whatever it defines is a word of the app. Commands run with
the app's context; those that write say ``with transaction():`` (views/database.py).
"""

from __future__ import annotations

import importlib
import pkgutil

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext


class Words(AppGroup):
    """The commands of the app, looked up when somebody asks: a server never does."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        self._find()
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        self._find()
        return super().get_command(ctx, cmd_name)

    def _find(self) -> None:
        for module in pkgutil.iter_modules(__path__):
            brought = vars(importlib.import_module(f"{__name__}.{module.name}"))
            for command in brought.values():
                if isinstance(command, click.Command) and command.name not in self.commands:
                    command.callback = with_appcontext(command.callback)  # type: ignore[type-var]
                    self.add_command(command)


def init_terminal(app: Flask) -> None:
    """Give the app its words."""
    app.cli = Words(app.name)
