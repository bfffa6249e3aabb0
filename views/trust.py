"""How a tablet comes to trust this store: steps for its system, the certificate to install, and a check that it does.

Reached over plain http as well, for that is all a tablet has before. Whoever stands between could change this page;
therefore the fingerprint is compared with the one that `./clearbay certificate` printed at the server.
"""

from __future__ import annotations

import uuid
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from flask import Blueprint, Response, current_app, make_response, request
from flask_babel import force_locale
from werkzeug.exceptions import NotFound

from models.words import Say
from views import qr
from views.access import allow, now
from views.authority import WARN_BELOW, Authority, Plan, fingerprint
from views.devices import SYSTEMS, System, system_of
from views.headers import POLICY
from views.html import LANGUAGES, reader_language
from views.respond import show
from views.trusting import STEPS

bp = Blueprint("trust", __name__)
bp.app_context_processor(lambda: {"certificate_words": certificate_words})

APPLE = (System.IPAD, System.IPHONE, System.MAC)
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>PayloadType</key><string>Configuration</string><key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>clearbay.{id}</string><key>PayloadUUID</key><string>{id}</string>
<key>PayloadDisplayName</key><string>{name}</string>
<key>PayloadDescription</key><string>{print}</string>
<key>PayloadContent</key><array><dict>
<key>PayloadType</key><string>com.apple.security.root</string><key>PayloadVersion</key><integer>1</integer>
<key>PayloadIdentifier</key><string>clearbay.{id}.root</string><key>PayloadUUID</key><string>{inner}</string>
<key>PayloadDisplayName</key><string>{name}</string>
<key>PayloadCertificateFileName</key><string>clearbay.crt</string>
<key>PayloadContent</key><data>{content}</data>
</dict></array>
</dict></plist>
"""


def authority() -> Authority:
    """The certificates of this server."""
    return Authority(current_app.extensions["data"])


@bp.get("/trust")
@allow.anyone
def page() -> Response:
    """The steps for the system that asks, or the one chosen."""
    language = request.args.get("language")
    language = language if language in LANGUAGES else reader_language()
    plan, root = authority().plan, authority().root()
    with force_locale(language):
        response = show("trust/page.html", language=language, **_about(plan, root), **_system())
    # The one page that asks another origin: the same store over https, to see whether it is trusted.
    response.headers["Content-Security-Policy"] = f"{POLICY}; connect-src 'self' {plan.url}" if plan else POLICY
    return response


@bp.get("/trust/clearbay.crt")
@allow.anyone
def crt() -> Response:
    """The certificate to install, in the form that every system but Apple's reads best."""
    return _file(_root().public_bytes(serialization.Encoding.DER), "application/x-x509-ca-cert", "clearbay.crt")


@bp.get("/trust/clearbay.mobileconfig")
@allow.anyone
def profile() -> Response:
    """The same as a profile of Apple's."""
    root = _root()
    name = root.subject.rfc4514_string().partition("=")[2]
    id_ = uuid.uuid5(uuid.NAMESPACE_OID, fingerprint(root))
    pem = root.public_bytes(serialization.Encoding.PEM).decode().splitlines()
    told = PROFILE.format(id=id_, inner=uuid.uuid5(id_, "root"), name=name, print=fingerprint(root),
                          content="".join(pem[1:-1]))
    return _file(told.encode(), "application/x-apple-aspen-config", "clearbay.mobileconfig")


@bp.get("/trust/reached")
@allow.anyone
def reached() -> Response:
    """Answers the page that was opened over plain http and asks over https: whoever hears this trusts the store."""
    response = make_response("", 204)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _root() -> x509.Certificate:
    root = authority().root()
    if root is None:
        raise NotFound
    return root


def _about(plan: Plan | None, root: x509.Certificate | None) -> dict[str, Any]:
    """What the page says of the certificate; without a plan this server stands behind somebody else's."""
    here = plan.plain_url if plan and root else request.host_url.rstrip("/")
    return {
        "plan": plan, "root": root, "secure_url": plan.url if plan else "",
        "sha256": fingerprint(root) if root else "", "sha1": fingerprint(root, hashes.SHA1()) if root else "",  # noqa: S303
        "picture": qr.svg(f"{here}/trust"), "address": f"{here}/trust", "left": authority().days_left(now()),
    }


def _system() -> dict[str, Any]:
    chosen = request.args.get("system")
    system = System(chosen) if chosen in set(System) else system_of(request.user_agent.string) or System.LINUX
    names = {one: name for one, (_, name) in SYSTEMS.items()}
    return {"system": system, "chosen": chosen is not None, "systems": sorted(System, key=list(System).index),
            "names": names, "steps": STEPS[system], "apple": system in APPLE}


def _file(content: bytes, kind: str, name: str) -> Response:
    response = make_response(content)
    response.content_type = kind
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response


def certificate_words() -> Say | None:
    """What a manager must know of the certificate; None while there is time."""
    left = authority().days_left(now())
    if left is None or left >= WARN_BELOW:
        return None
    if left < 0:
        return Say("The HTTPS certificate has ended: no tablet opens Clearbay. At the server: ./clearbay certificate")
    return Say("The HTTPS certificate ends in {days} days. At the server: ./clearbay certificate", days=left)
