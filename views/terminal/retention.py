"""retention: personal data that have been kept for their time; the nightly backup removes them by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

import click
import sqlalchemy as sa
from flask import current_app

from models.base import db
from models.files import Shelf
from models.journey import Visit
from models.seal.forgetting import forget
from models.seal.retention import RULES, Held, due
from models.stores import Store
from models.words import Blocked, Say
from views.database import transaction
from views.html import told_in


@click.command("retention")
@click.option("--remove", is_flag=True, help="Remove it, as the nightly backup does; without this it is only listed.")
def retention(remove: bool) -> None:
    """到期个人信息 / personal data kept for their time: list them, or remove them; each removal is sealed."""
    removed = Counter(remove_due()) if remove else Counter(
        (visit.store_id, held) for visit, held in due(datetime.now(UTC)))
    for (store_id, held), count in sorted(removed.items()):
        store = db.session.get_one(Store, store_id)
        what = RULES[held].what
        click.echo(f"  {store.code}  {count} 次到店 / visits: {told_in('zh', what)} / {told_in('en', what)}")
    if not removed:
        click.echo("  没有到期的内容 / nothing is due")
    db.session.rollback()


def remove_due() -> Iterator[tuple[int, Held]]:
    """Remove everything that has been kept for its time, each in a transaction of its own; tells store and kind.

    Tables of an earlier version are left alone. Whoever acts on such a visit meanwhile keeps it until tomorrow.
    """
    if "removed_at" not in {column["name"] for column in sa.inspect(db.session.connection()).get_columns(
            "stored_file")}:
        return
    shelf, at = Shelf(current_app.config["SETTINGS"].data / "files"), datetime.now(UTC)
    found = [(visit.id, visit.store_id, held) for visit, held in due(at)]
    db.session.rollback()
    for visit_id, store_id, held in found:
        try:
            with transaction():
                gone = forget(db.session.get_one(Visit, visit_id), held, by=None, at=at)
        except Blocked:
            continue
        for sha256 in gone:
            shelf.path(sha256).unlink(missing_ok=True)
        yield store_id, held


def told(removed: Counter[tuple[int, Held]]) -> str:
    """In a line of the backup's own words."""
    said = Say("Kept for its time and removed: {count}", count=sum(removed.values()))
    return f"  {told_in('zh', said)} / {told_in('en', said)}"
