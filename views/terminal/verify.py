"""verify, papers: every seal recomputed, heads carried away and compared; signed papers that wait to be printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import current_app

from models.base import db
from models.parts.checking import contradictions
from models.seal.verify import Book, Broken, Head, compare, heads, verify
from models.words import Say
from views.backups import Trouble
from views.backups.manifest import Manifest
from views.backups.place import MANIFEST
from views.html import told_in
from views.photos import shelf

NAMED_AT_MOST = 20


@click.command("verify")
@click.option("--head", "only_head", is_flag=True, help="Print the head of each chain, a line of JSON each, and stop.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path),
              help="Append the heads to this file when all is well; keep it elsewhere.")
@click.option("--against", type=click.Path(exists=True, path_type=Path), multiple=True,
              help="Compare with the heads in this file (of --write, or a mail that was saved), or in this backup.")
@click.option("--since", multiple=True, metavar="STORE=NUMBER",
              help="Believe a store's records up to this number; quicker, but what nobody sealed is not looked for.")
@click.option("--without-files", is_flag=True, help="Leave photos, signatures and papers on the disk unread.")
def verify_all(only_head: bool, write: Path | None, against: tuple[Path, ...], since: tuple[str, ...],
               without_files: bool) -> None:
    """核对所有封存记录与库存账 / recompute every seal and the stock's sums; 1 if anything is not what it was."""
    if only_head:
        for head in heads():
            click.echo(_line(head))
        return
    found: list[Broken] = compare(head for place in against for head in _known(place))
    for one in found[:NAMED_AT_MOST]:
        _name(one)
    for book in verify(None if without_files else shelf(), since=_since(since)):
        _tell(book)
        found += book.broken
    wrong = _stock()
    db.session.rollback()
    if found or wrong:
        raise click.ClickException(_both(Say("{count} findings. The first stands above.", count=len(found) + wrong)))
    if write:
        with write.open("a", encoding="utf-8") as file:
            file.writelines(_line(head) + "\n" for head in heads())
    click.echo(_both(Say("Every seal fits.")))


def _stock() -> int:
    """Whether book, card and bins agree; how many sums do not."""
    wrong = list(contradictions())
    for said in wrong[:NAMED_AT_MOST]:
        click.echo("  ✗ " + _both(said))
    if len(wrong) > NAMED_AT_MOST:
        click.echo("  " + _both(Say("And {count} more.", count=len(wrong) - NAMED_AT_MOST)))
    click.echo(_both(Say("Stock: {count} sums are not those of the book.", count=len(wrong)) if wrong
                     else Say("Stock: every sum is that of the book.")))
    return len(wrong)


def _tell(book: Book) -> None:
    code = book.store.code
    click.echo(f"{code}: " + _both(Say("{count} records looked at, the last is No. {number} ({seal}); removed by rule "
                                       "or on request: personal data of {forgotten}, {files} files.",
                                       count=book.looked_at, number=book.number, seal=book.seal[:16] or "–",
                                       forgotten=book.forgotten, files=book.files_removed)))
    for one in book.broken[:NAMED_AT_MOST]:
        _name(one)
    if book.broken and book.broken[0].number is not None:
        click.echo("  " + _both(Say("{count} records stand behind the first of them.", count=book.behind)))
    if len(book.broken) > NAMED_AT_MOST:
        click.echo("  " + _both(Say("And {count} more.", count=len(book.broken) - NAMED_AT_MOST)))


def _name(one: Broken) -> None:
    number = f"No. {one.number}" if one.number is not None else "–"
    day = f"{one.store.day(one.at):%Y-%m-%d}" if one.at else ""
    click.echo("  ✗ " + " ".join(part for part in (one.store.code, number, one.kind, day) if part) + ": "
               + _both(one.why))


def _both(said: Say) -> str:
    return f"{told_in('zh', said)} / {told_in('en', said)}"


def _line(head: Head) -> str:
    return json.dumps({"store": head.store, "number": head.number, "seal": head.seal, "at": head.at,
                       "told": datetime.now(UTC).isoformat(timespec="seconds")})


def _known(path: Path) -> list[Head]:
    """The heads in a file of lines, in a letter that was saved, or in a backup (its folder, or its manifest)."""
    try:
        if path.is_dir() or path.name == MANIFEST:
            told = Manifest.read(path if path.is_dir() else path.parent).heads
        else:
            told = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.startswith("{")]
        if not told:
            raise ValueError("nothing in it")
        return [Head(one["store"], int(one["number"]), one["seal"], one.get("at", "")) for one in told]
    except (ValueError, KeyError, TypeError, Trouble):
        raise click.ClickException(f"无法读取 / cannot be read: {path}") from None


def _since(told: tuple[str, ...]) -> dict[str, int]:
    try:
        return {code: int(number) for code, _, number in (one.partition("=") for one in told)}
    except ValueError:
        raise click.BadParameter("STORE=NUMBER") from None


@click.command("papers")
def papers() -> None:
    """打印等待中的签字单据 / print the signed papers that are still wanted; usually none are."""
    from views.papers.maker import make_all

    app = current_app._get_current_object()  # type: ignore[attr-defined]
    base = app.config["SETTINGS"].url or "http://127.0.0.1:8000"
    db.session.rollback()  # nothing of ours is open while papers are printed in transactions of their own
    made = list(make_all(app, f"{base}/"))
    click.echo(_both(Say("{count} papers printed, {failed} wait still.", count=sum(made), failed=made.count(False))))
    if False in made:
        raise SystemExit(1)
