"""How messages leave the house: a mail server, a gateway for text messages. Both are optional."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from views.environment.storage import LOOPBACK

if TYPE_CHECKING:
    from views.environment.reading import Reading

PLACES = ("{id}", "{to}", "{text}", "{event}", "{link}", "{store}", "{plate}")
USUAL_BODY = {name[1:-1]: name for name in PLACES}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in, and in whose name. Encrypted from the start (smtps) or before anything is said."""

    host: str
    port: int
    sender: str
    safe_from_start: bool
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def loopback(self) -> bool:
        """It runs on this very machine; nobody overhears it."""
        return self.host in LOOPBACK


@dataclass(frozen=True)
class Gateway:
    """An address that takes text messages as JSON, the key its requests are signed with, and the form of that JSON."""

    url: str
    key: str = field(default="", repr=False)
    body: Any = field(default_factory=lambda: dict(USUAL_BODY))

    @property
    def loopback(self) -> bool:
        """It runs on this very machine."""
        return urlsplit(self.url).hostname in LOOPBACK


def mail_server(reading: Reading) -> MailServer | None:
    """``smtp://user:password@host:587`` or ``smtps://…:465``, and the sender. The address is never repeated."""
    name, text = "CLEARBAY_MAIL", reading.told.get("CLEARBAY_MAIL", "")
    sender = reading.told.get("CLEARBAY_MAIL_FROM", "")
    if not text and not sender:
        return None
    if not text or not sender:
        missing = name if not text else "CLEARBAY_MAIL_FROM"
        reading.refuse(missing, "没有设定,邮件发不出去", "is not set; mail needs both", "smtps://…, service@example.cn")
        return None
    try:
        parts = urlsplit(text)
        port = parts.port or {"smtp": 587, "smtps": 465}.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if not port or not parts.hostname or parts.path.strip("/") or parts.query:
        zh, en = "须为 smtp://用户:密码@主机:端口 或 smtps://…", "must be smtp://user:password@host:port or smtps://…"
        reading.refuse(name, zh, en, "smtps://service%40example.cn:…@smtp.example.cn:465")
        return None
    if "@" not in sender:
        reading.refuse("CLEARBAY_MAIL_FROM", "不是邮件地址", "is not an address for mail", "service@example.cn")
    return MailServer(parts.hostname, port, sender, parts.scheme == "smtps", unquote(parts.username or ""),
                      unquote(parts.password or ""))


def gateway(reading: Reading) -> Gateway | None:
    """The gateway for text messages, or nothing. Neither address nor key is repeated: gateways put keys into both."""
    name, url = "CLEARBAY_TEXT_URL", reading.told.get("CLEARBAY_TEXT_URL", "")
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        reading.refuse(name, "须为 https://…", "must be an address https://…", "https://sms.example.cn/send")
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        zh, en = "没有 HTTPS,客户的电话会被窃听", "without HTTPS lets customers' telephones be overheard"
        reading.refuse(name, zh, en, "https://…")
    return Gateway(url, reading.told.get("CLEARBAY_TEXT_KEY", ""), _body(reading))


def _body(reading: Reading) -> Any:
    text = reading.told.get("CLEARBAY_TEXT_BODY", "")
    if not text:
        return dict(USUAL_BODY)
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "{to}" not in text or not ("{text}" in text or "{link}" in text):
        zh, en = "须为 JSON 对象,含 {to} 与 {text}", "must be a JSON object that holds {to} and {text}"
        reading.refuse("CLEARBAY_TEXT_BODY", zh, en, '{"phone": "{to}", "content": "{text}"}')
    return body
