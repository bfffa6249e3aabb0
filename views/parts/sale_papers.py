"""The paper of a counter sale (销售单) and of its returns (退货单): printed once, and kept as it is."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import sqlalchemy as sa
from flask import Flask, Response, current_app, url_for
from flask_babel import force_locale
from sqlalchemy.orm import joinedload

from models.base import db, keep
from models.files import StoredFile, keep_document
from models.parts.sales import Sale, SaleLine, SalePaper, SaleReturn
from models.people import May
from models.words import Blocked
from views.access import allow, find, me, store
from views.database import let_others_write, transaction
from views.html import in_chinese, reader_language
from views.papers.printing import Album, as_pdf, logo, must_print, pressed, printed_by
from views.papers.signed import DAMAGED
from views.parts.counter import bp
from views.parts.sales import WHOLE
from views.photos import shelf
from views.qr import svg
from views.respond import render


@bp.get("/sales/<int:id>/sale.pdf")
@bp.get("/sales/<int:id>/sale.<any(zh, en):language>.pdf")
@allow(May.SELL_PARTS, May.SEE_FIGURES)
def sale_paper(id: int, language: str | None = None) -> Response:  # noqa: A002
    """What was sold, for the customer."""
    sold = find(Sale, id, *WHOLE)
    return served(sold, None, language or reader_language())


@bp.get("/sales/returns/<int:id>/return.pdf")
@bp.get("/sales/returns/<int:id>/return.<any(zh, en):language>.pdf")
@allow(May.SELL_PARTS, May.SEE_FIGURES)
def sale_return_paper(id: int, language: str | None = None) -> Response:  # noqa: A002
    """What came back and was paid back, for the customer."""
    back = find(SaleReturn, id, joinedload(SaleReturn.by), joinedload(SaleReturn.line).options(
        joinedload(SaleLine.part), joinedload(SaleLine.sale)))
    return served(back.line.sale, back, language or reader_language())


def served(sold: Sale, back: SaleReturn | None, language: str) -> Response:
    """The kept paper; printed and kept before, where nobody asked for it yet."""
    number, of = (back or sold).number, (sold.id, back.id if back else None, language)
    data = _kept(*of)
    if data is None:
        html, album = _html(sold, back, language)
        app, store_id = current_app._get_current_object(), sold.store_id  # type: ignore[attr-defined]
        let_others_write()
        made = pressed(html, album)
        # A page's transaction only reads; a thread of its own may write.
        with ThreadPoolExecutor(1) as apart:
            apart.submit(_keep, app, store_id, of, made).result()
        db.session.rollback()
        data = _kept(*of)
    assert data is not None
    return as_pdf(data, number)


def _html(sold: Sale, back: SaleReturn | None, language: str) -> tuple[str, Album]:
    must_print()
    album = Album()
    with force_locale(language):
        return render("documents/sale.html", sale=sold, back=back, place=store(), number=(back or sold).number,
                      vehicle=None, stations=[], check=None, logo=logo(album), printed=printed_by(me()),
                      qr=svg(url_for("parts.sale", id=sold.id, _external=True)),
                      language="zh" if in_chinese() else "en"), album


def _kept(sale_id: int, return_id: int | None, language: str) -> bytes | None:
    """The bytes of a paper that is printed. Raises Blocked when they are not what was kept."""
    sha256 = db.session.scalar(sa.select(StoredFile.sha256).join(SalePaper, SalePaper.file_id == StoredFile.id).where(
        SalePaper.sale_id == sale_id, SalePaper.return_id == return_id, SalePaper.language == language))
    if sha256 is None:
        return None
    data = shelf().read(sha256)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Blocked(DAMAGED)
    return data


def _keep(app: Flask, store_id: int, of: tuple[int, int | None, str], data: bytes) -> None:
    """Keep a paper unless somebody else printed it in the same moment: theirs stays."""
    sale_id, return_id, language = of
    try:
        with app.app_context(), transaction():
            at = datetime.now(UTC)
            file = keep_document(data, "application/pdf", shelf=shelf(), store_id=store_id, by=None, at=at)
            keep(SalePaper(store_id=store_id, sale_id=sale_id, return_id=return_id, language=language, file_id=file.id,
                           made_at=at))
    except sa.exc.IntegrityError:
        pass
