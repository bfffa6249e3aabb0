"""The settings of a running Clearbay, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from views.environment.messengers import Gateway, MailServer
from views.environment.sentences import Sentence
from views.environment.storage import Bucket, Storage

UNDER_WAY = ".restoring"  # in the data folder while a backup is brought back; `serve` refuses meanwhile
DEMO_KEY = "clearbay-demo-key-known-to-everybody-never-for-a-real-store"


class Mode(StrEnum):
    """How strictly to read the settings. What says nothing gets the strictest."""

    SERVE = "serve"  # a real store: complete and safe, or no start
    COMMAND = "command"  # a person at a terminal: sensible defaults, nobody signs in
    DEMO = "demo"  # this machine only, with keys and passwords that everybody knows
    TEST = "test"  # made by Settings.for_tests, never read from outside


@dataclass(frozen=True)
class Settings:
    """Everything the app is told from outside, checked.

    `database_url` and `secret_key` are secrets: they stay out of the representation, of logs and of pages.
    """

    database_url: str = field(repr=False)
    data: Path
    secret_key: str = field(repr=False)
    mode: Mode = Mode.SERVE
    bind: str = "127.0.0.1:8000"
    url: str | None = None  # scheme and host, no slash at the end
    proxies: int = 0
    language: str = "zh"
    log: str = "-"
    backup_to: Path | Bucket | None = None  # another place for backups, in a folder that exists or in object storage
    s3: Storage | None = None  # the object storage, also while backups are copied to a folder
    mail: MailServer | None = None
    texts: Gateway | None = None  # for text messages
    can_print: bool = True  # False: PDFs are refused with a sentence, the rest works
    warnings: tuple[Sentence, ...] = field(default=(), compare=False)

    @property
    def backups(self) -> Path:
        """Where backups are made."""
        return self.data / "backups"

    @property
    def demo(self) -> bool:
        """Passwords and key are known to everybody."""
        return self.mode is Mode.DEMO

    @property
    def testing(self) -> bool:
        """Started by a test; sends nothing, keeps nothing."""
        return self.mode is Mode.TEST

    @property
    def secure_cookies(self) -> bool:
        """Cookies travel over HTTPS only, unless this is a demo, a test or an address said to be plain http."""
        return self.mode in (Mode.SERVE, Mode.COMMAND) and not (self.url or "").startswith("http:")

    @property
    def origin(self) -> str:
        """What addresses begin with that are told outside a request."""
        return self.url or f"http://{self.bind}"

    @property
    def host(self) -> str | None:
        """The one host name to answer to (with its port, if any); None answers to every name."""
        return urlsplit(self.url).netloc if self.url else None

    @property
    def sqlite(self) -> bool:
        """The embedded database, reached through pysqlite3; otherwise PostgreSQL through psycopg."""
        return self.database_url.startswith("sqlite")

    @classmethod
    def for_tests(cls, folder: Path, database_url: str | None = None) -> Settings:
        """A store of its own in `folder`, which exists; SQLite unless told otherwise."""
        return cls(
            database_url=database_url or f"sqlite:///{folder / 'clearbay.db'}",
            data=folder,
            secret_key="a key for tests " * 3,  # noqa: S106
            mode=Mode.TEST,
            log=str(folder / "requests.jsonl"),
        )

    @classmethod
    def for_demo(cls, folder: Path) -> Settings:
        """The demo store kept in `folder`, which exists; for this machine only."""
        return cls(
            database_url=f"sqlite:///{folder / 'clearbay.db'}",
            data=folder,
            secret_key=DEMO_KEY,
            mode=Mode.DEMO,
            log=str(folder / "requests.jsonl"),
        )
