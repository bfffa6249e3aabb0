"""rebuild: sums that are kept beside a book, computed anew from it."""

from __future__ import annotations

import click

from models.parts.checking import rebuild
from models.words import Say
from views.database import transaction
from views.html import told_in


@click.command("rebuild")
@click.argument("what", type=click.Choice(["stock"]))
def rebuild_sums(what: str) -> None:
    """按账重算库存 / compute the stock's kept sums anew from its book; says what was changed."""
    with transaction():
        said = list(rebuild())
    for one in said:
        click.echo("  " + _both(one))
    click.echo(_both(Say("Stock: {count} sums were computed anew.", count=len(said)) if said
                     else Say("Stock: every sum is that of the book.")))


def _both(said: Say) -> str:
    return f"{told_in('zh', said)} / {told_in('en', said)}"
