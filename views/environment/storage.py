"""Object storage that speaks S3, as the other place of backups: where it is, and what it is told about who asks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from views.environment.reading import Reading

SCHEME = "s3://"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# Hosts that answer at bucket.host only; others (MinIO) are asked for host/bucket, which needs no entry in DNS.
BUCKET_FIRST = ("aliyuncs.com", "myqcloud.com", "amazonaws.com", "amazonaws.com.cn", "myhuaweicloud.com", "volces.com")
_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)/?")
_HINTS = {
    "CLEARBAY_S3_ENDPOINT": "https://s3.oss-cn-hangzhou.aliyuncs.com",
    "CLEARBAY_S3_REGION": "cn-hangzhou, ap-shanghai, us-east-1",
    "CLEARBAY_S3_KEY": "AccessKey ID",
    "CLEARBAY_S3_SECRET": "AccessKey Secret",
}


@dataclass(frozen=True)
class Bucket:
    """A bucket and what the names of all objects in it begin with (nothing, or ``folder/folder``)."""

    name: str
    prefix: str = ""

    @classmethod
    def read(cls, text: str) -> Bucket | None:
        """``s3://bucket/prefix``; None for anything else, also for what would carry a key."""
        found = _BUCKET.fullmatch(text)
        return cls(found[1], found[2].strip("/")) if found else None

    def __str__(self) -> str:
        return f"{SCHEME}{self.name}/{self.prefix}".rstrip("/")


@dataclass(frozen=True)
class Storage:
    """An S3 service and the key to it. Key and secret stay out of the representation, of logs and of sentences."""

    endpoint: str
    region: str
    key: str = field(repr=False)
    secret: str = field(repr=False)

    @property
    def host(self) -> str:
        """The name of its server."""
        return urlsplit(self.endpoint).hostname or ""

    @property
    def loopback(self) -> bool:
        """It runs on this very machine."""
        return self.host in LOOPBACK

    @property
    def bucket_first(self) -> bool:
        """Whether it is asked at bucket.host."""
        return self._of(*BUCKET_FIRST)

    @property
    def keeps_sha256(self) -> bool:
        """Whether it takes a SHA-256 with an object and gives it back; several refuse what they do not know."""
        return self._of("amazonaws.com", "amazonaws.com.cn") or self.loopback

    def _of(self, *domains: str) -> bool:
        return any(self.host.endswith(f".{domain}") for domain in domains)


def storage(reading: Reading, *, needed: bool) -> Storage | None:
    """The four settings of object storage: all of them or none. None of their values is repeated."""
    told = {name: reading.told.get(name, "") for name in _HINTS}
    if not needed and not any(told.values()):
        return None
    for name, hint in _HINTS.items():
        if not told[name]:
            reading.refuse(name, "没有设定,对象存储用不了", "is not set; object storage needs all four", hint)
    name, endpoint = "CLEARBAY_S3_ENDPOINT", told["CLEARBAY_S3_ENDPOINT"].rstrip("/")
    try:
        parts = urlsplit(endpoint)
        plain = bool(parts.hostname) and "@" not in parts.netloc and (parts.port or 1) > 0
    except ValueError:
        parts, plain = urlsplit(""), False
    if not endpoint:
        pass
    elif parts.scheme not in ("http", "https") or not plain or parts.path or parts.query or parts.fragment:
        reading.refuse(name, "须为 https://主机名", "must be https://host-name and nothing more", _HINTS[name])
    elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
        zh, en = "没有 HTTPS,客户资料会被窃听", "without HTTPS lets customers' data be overheard"
        reading.refuse(name, zh, en, f"https://{parts.netloc}")
    return Storage(endpoint, *list(told.values())[1:])
