"""take-in: the file that a tablet exported because it never reached the server again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import sqlalchemy as sa

from models.base import db
from models.stores import Store
from models.words import Refused
from views.access import at_store
from views.database import transaction
from views.html import told_in
from views.sync.bringers import Bringer
from views.sync.envelopes import Unreadable, read_envelope
from views.sync.exports import Export, bring, read_export
from views.sync.tickets import read_ticket


@click.command("take-in")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--store", "code", help="The code of the store, where the file does not tell it by its sign-ins.")
def take_in(file: Path, code: str | None) -> None:
    """收下平板导出的文件 / take in what a tablet exported to FILE; what came already is not taken in twice."""
    try:
        export = read_export(file.read_bytes())
    except Refused as refused:
        said = refused.sentences[0]
        raise click.ClickException(f"{told_in('zh', said)} / {said}") from None
    with transaction():
        place = _store(export, code)
        at_store(place)
        brought = bring(export, Bringer(place, by_file=True), at=datetime.now(UTC))
    for one in brought:
        why = f"  {told_in('zh', one.why)} / {one.why}" if one.why else ""
        click.echo(f"  {WORDS[one.word]}  {one.number}{why}")
    failed = sum(one.word == "failed" for one in brought)
    click.echo(f"{place.code}: {len(brought) - failed} / {len(brought)}")
    if failed:
        raise click.ClickException(f"{failed} 条无法读取,仍在文件中。 / could not be read; they are still in the file.")


WORDS = {"new": "✓ 已收下 / taken in", "known": "· 已有 / was here", "failed": "✗ 无法读取 / not readable"}


def _store(export: Export, code: str | None) -> Store:
    """The store that is named, or that the sign-ins of the items name, or the only one there is."""
    stores = {place.id: place for place in db.session.scalars(sa.select(Store))}
    if code is not None:
        found = [place for place in stores.values() if place.code == code]
    else:
        told = {ticket.store for ticket in map(read_ticket, _tickets(export)) if ticket is not None}
        found = [stores[id_] for id_ in told if id_ in stores] or list(stores.values())
    if len(found) != 1:
        codes = ", ".join(sorted(place.code for place in stores.values()))
        raise click.ClickException(f"请用 --store 指明门店 / name the store with --store: {codes}")
    return found[0]


def _tickets(export: Export) -> list[str | None]:
    found = []
    for body, _ in export.items:
        try:
            found.append(read_envelope(body).ticket)
        except Unreadable:
            continue
    return found
