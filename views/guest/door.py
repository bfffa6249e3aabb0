"""Following a link: whose it is, whether it still opens, and who may not act through it.

A wrong link is counted as a row before it is answered, by the house rule for guessing (views/signin/guessing.py): after
thirty from one place in a quarter of an hour it is only told to wait. A right link opens all the while: whoever else
tries links in the waiting room's Wi-Fi must not keep customers from their cars, and 256 bits are not guessed.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request

from models.consent import Request
from models.links import CustomerLink, follow
from models.people import SignInAttempt
from models.words import Blocked, Say
from views.access import at_store, find, me, now
from views.database import let_others_write
from views.respond import show
from views.signin.door import fingerprint
from views.signin.guessing import OF_ORIGIN, WINDOW, Door, tried
from views.signin.sessions import tablet

bp = Blueprint("guest", __name__)

FROM_EVERYWHERE = 3_000  # links that led nowhere, in a quarter of an hour
NO_SUCH_LINK = Say("This link leads nowhere. Scan the code again, or ask the store for a new one.")
TOO_MANY = Say("Too many links that lead nowhere were tried from this place. Wait a quarter of an hour.")
STAFF_HERE = Say("You are signed in as staff. The customer answers on their own phone; here you see what they see.")
TABLET_HERE = Say("This is a tablet of the store. The customer answers on their own phone, or together with their "
                  "advisor; here you see what they see.")


def followed(token: str, *, acting: bool = False) -> CustomerLink:
    """The link of this request; the page is its store's from here on. 404 for none, 410 for one that is over.

    ``acting``: raises Blocked for staff and for tablets of the store.
    """
    link = follow(token)
    if link is None:
        abort(nowhere())
    staff = g.get("staff_here") or (STAFF_HERE if me() is not None else TABLET_HERE if tablet() is not None else None)
    g.staff_here, g.nobody = staff, True  # whoever is signed in here sees what the customer sees
    at_store(link.store)
    why_over = link.is_over(now())
    if why_over is not None:
        abort(over(why_over, 410))
    if acting and staff:
        raise Blocked(staff)
    return link


def nowhere() -> Response:
    """The answer to a wrong link, counted. Raises Locked after too many."""
    let_others_write()  # nothing of this request is to stay
    tried(Door(SignInAttempt.login_hash, fingerprint("customers' links"), ((FROM_EVERYWHERE, WINDOW),), TOO_MANY),
          Door(SignInAttempt.origin, fingerprint(f"customers' links from {request.remote_addr}"), OF_ORIGIN, TOO_MANY))
    return over(NO_SUCH_LINK, 404)


def over(why: Say, status: int) -> Response:
    """The page of a link that opens nothing."""
    g.nobody = True
    return show("guest/over.html", status=status, why=why, place=g.get("store"))


def put_before(link: CustomerLink, id: int) -> Request:  # noqa: A002
    """A request of this link's visit; of no other."""
    given = find(Request, id)
    if given.visit_id != link.visit_id:
        abort(404)
    return given


@bp.after_request
def unlisted(response: Response) -> Response:
    """No search engine keeps what a link opens."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
