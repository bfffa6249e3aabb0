"""A form that is captured, photos to take, and what lies on the tablet afterwards: for the tests of the outbox.

The form is a stand-in: what is tried here holds for every kind of item, whatever its form asks.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, request
from jinja2 import ChoiceLoader, DictLoader
from PIL import Image
from playwright.sync_api import Error, Page, expect

from models.base import db
from models.sync import Blob, InboxItem
from views.access import allow
from views.capture import shell
from views.once import by_nature
from views.respond import show
from views.sync.kinds import Kind, Taken

FORM = """{% extends 'base.html' %}
{% block main %}
<form class="form" method="post" action="{{ url_for('tried.sheet', id=visit) }}"
 data-outbox="{{ kind }}" data-schema="1" data-visit="{{ visit }}" data-title="苏A88888">{{ item_field() }}
{{ ui.outbox_notes() }}
{{ ui.field('note', 'Note', required=False) }}
{{ ui.signature('strokes') }}
<div data-keeps="photo"></div>
{{ ui.button('Submit', 'primary') }}
</form>
{% endblock %}
"""

bp = Blueprint("tried", __name__)


@bp.record_once
def _teach(state: Any) -> None:
    html = state.app.jinja_env
    html.loader = ChoiceLoader([html.loader, DictLoader({"tried.html": FORM})])


@bp.get("/tried/<id>")
@allow.anyone
def page(id: str) -> Response:  # noqa: A002
    """The form as a page of somebody who is signed in, or of nobody: ``?capture``."""
    draw = shell if "capture" in request.args else show
    return draw("tried.html", visit=id, kind="tried")


@bp.post("/tried/<id>/sheets")
@allow.anyone
@by_nature
def sheet(id: str) -> Response:  # noqa: A002
    """The plain way, for browsers without an outbox."""
    return Response(f"plain {id}", 200)


def take(item: Taken) -> str:
    """What becomes of a stand-in item: it applies."""
    return f"/tried/{item.visit_id}?received={item.id}"


TRIED = Kind("tried", 1, take)
Device = Callable[..., Page]


def picture(number: int = 0, side: int = 40) -> bytes:
    """A photo unlike any other; about three times ``side`` squared bytes."""
    noise = random.Random(number).randbytes(side * side * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (side, side), noise).save(file, "JPEG", quality=95)
    return file.getvalue()


# The camera's part: keeps the photo, then names it in the form.
TAKE = """async ([script, bytes, angle]) => {
  const { keepBlob, NoRoom } = await import(script);
  try {
    const photo = Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0));
    const { sha256 } = await keepBlob(new Blob([photo], { type: "image/jpeg" }));
    const [type, name, value] = ["hidden", "photo", `${angle} ${sha256} ${Date.now()}`];
    const field = Object.assign(document.createElement("input"), { type, name, value });
    document.querySelector("[data-keeps]").append(field);
    field.dispatchEvent(new Event("change", { bubbles: true }));
    return sha256;
  } catch (trouble) {
    return trouble instanceof NoRoom ? "no room" : String(trouble);
  }
}"""

# What lies in the browser's database.
LIES = """async () => {
  const answer = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const found = { items: [], receipts: [], blobs: [], drafts: [], meta: [] };
  if (!(await indexedDB.databases()).some((one) => one.name === 'clearbay')) return found;
  const base = await answer(indexedDB.open('clearbay'));
  const names = [...base.objectStoreNames];
  const deal = base.transaction(names);
  for (const name of names) {
    const store = deal.objectStore(name);
    found[name] = await answer(name === 'blobs' ? store.getAllKeys() : store.getAll());
  }
  base.close();
  found.meta = (found.meta ?? []).filter(({ key }) => key !== "ballast");
  for (const item of found.items ?? []) item.body = new TextDecoder().decode(item.body);
  return found;
}"""


def takes(page: Page, photo: bytes, angle: str = "front") -> str:
    """Take a photo; its hash, or what the tablet says instead."""
    return str(page.evaluate(TAKE, [script("outbox/blobs.js"), base64.b64encode(photo).decode(), angle]))


def script(name: str) -> str:
    return str(current_app.extensions["assets"].address(f"js/{name}"))


def lies(page: Page) -> dict[str, list[Any]]:
    """Everything in the browser's database: items with their bodies as text, receipts, photos by hash, drafts, meta."""
    for _ in range(20):
        with suppress(Error):  # the page goes on to another just now
            return dict(page.evaluate(LIES))
        page.wait_for_timeout(50)
    raise AssertionError("the page answers nothing")


def unsent(page: Page) -> list[str]:
    """The numbers of the items that have no receipt."""
    all_ = lies(page)
    received = {one["of"] for one in all_["receipts"]}
    return [item["item"] for item in all_["items"] if item["item"] not in received]


def waits(page: Page, holds: Callable[[], Any], what: str, seconds: float = 8) -> None:
    """Ask again and again from here: the content policy lets nothing wait inside the page."""
    for _ in range(int(seconds * 20)):
        with suppress(Error):  # the page goes on to another just now
            if holds():
                return
        page.wait_for_timeout(50)
    raise AssertionError(f"{what}\n{json.dumps(lies(page), ensure_ascii=False, indent=1)[:4000]}")


def stored() -> dict[str, InboxItem]:
    """What the server has, by number; each once, or this says so."""
    db.session.rollback()
    rows = db.session.query(InboxItem).all()
    found = {str(row.id): row for row in rows}
    assert len(found) == len(rows)
    db.session.rollback()
    return found


def stored_photos() -> set[str]:
    """The photos that the server has, by the hash of what the tablet sent."""
    db.session.rollback()
    found = set(db.session.scalars(sa.select(Blob.hash)))
    db.session.rollback()
    return found


def hashed(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# --------------------------------------------------------------------------- what one does


def has_ticket(page: Page) -> None:
    waits(page, lambda: any(one["key"] == "ticket" for one in lies(page)["meta"]), "no ticket")


def signs(page: Page) -> None:
    """Everybody who is to sign draws a line."""
    for pad in page.locator("signature-pad").all():
        sheet = pad.locator("canvas")
        sheet.scroll_into_view_if_needed()
        box = sheet.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 20, box["y"] + 20)
        page.mouse.down()
        page.mouse.move(box["x"] + 90, box["y"] + 60, steps=3)
        page.mouse.up()
        expect(pad.locator("input[type=hidden]")).not_to_have_value("")


def submits(page: Page, **typed: str) -> str:
    """Fill the form and submit it; the number of the item, which lies on the disk."""
    before = {one["item"] for one in lies(page)["items"]}
    for name, words in typed.items():
        page.fill(f"[name={name}]", words)
    page.click("button:has-text('Submit')", no_wait_after=True)
    made: list[str] = []

    def lies_here() -> bool:
        made[:] = [one["item"] for one in lies(page)["items"] if one["item"] not in before]
        return bool(made)

    waits(page, lies_here, "not saved here")
    return made[0]


def another(page: Page) -> None:
    """The form of another car."""
    page.goto(f"/tried/{uuid.uuid4()}")


def wakes(page: Page) -> None:
    page.evaluate("() => void dispatchEvent(new Event('online'))")


def trouble(page: Page, item: str = "") -> str | None:
    """What is in the way of everybody, or of one item."""
    key = f"trouble {item}".strip()
    return next((one["value"] and one["value"]["why"] for one in lies(page)["meta"] if one["key"] == key), None)


def all_received(page: Page, count: int) -> None:
    """The network is good again: everything goes, and is there once."""
    def gone() -> bool:
        wakes(page)
        return not unsent(page)

    waits(page, gone, "not all received", seconds=20)
    assert len(stored()) == count


def receipts(page: Page) -> list[dict[str, Any]]:
    return [one for one in lies(page)["receipts"] if "seq" in one]
