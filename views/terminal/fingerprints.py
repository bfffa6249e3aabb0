"""fingerprints: photos that were stored before they were compared with one another."""

from __future__ import annotations

import click
from flask import current_app

from models.files import Shelf, without_fingerprint
from views.database import transaction


@click.command("fingerprints")
def fingerprints() -> None:
    """补全照片指纹 / fingerprint the photos of before version 0003, so that a recycled one of them is noticed."""
    shelf, count = Shelf(current_app.config["SETTINGS"].data / "files"), 0
    while some := _some(shelf):
        count += some
    click.echo(f"  {count} 张照片 / photos")


def _some(shelf: Shelf) -> int:
    with transaction():
        return without_fingerprint(shelf)
