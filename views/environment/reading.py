"""Reads the settings from the environment: every one is checked, every refusal names the way out."""

from __future__ import annotations

import difflib
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from views.environment.declared import SETTINGS
from views.environment.machine import machine_refusals, unprintable
from views.environment.messengers import gateway, mail_server
from views.environment.sentences import Sentence, Unready, about
from views.environment.settings import DEMO_KEY, Mode, Settings
from views.environment.storage import LOOPBACK, SCHEME, Bucket, storage

ROOT = Path(__file__).resolve().parent.parent.parent
SHORTEST_KEY = 32
FREE_MB_NEEDED, FREE_MB_WISHED = 100, 1000
MAKE_A_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"


class Reading:
    """One pass over the environment: what was told, and what speaks against starting (or only deserves a word)."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.told = {name: value.strip() for name, value in environ.items() if value.strip()}
        self.refusals: list[Sentence] = []
        self.warnings: list[Sentence] = []
        self.mode = self._mode()
        self.strict = self.mode is Mode.SERVE

    def refuse(self, name: str, zh: str, en: str, way_out: str) -> None:
        """This must not start."""
        self.refusals.append(about(name, zh, en, way_out))

    def object(self, sentence: Sentence) -> None:
        """A refusal for a real store; a warning for a person at a terminal or a demo, who goes on with what works."""
        (self.refusals if self.strict else self.warnings).append(sentence)

    def _mode(self) -> Mode:
        name = self.told.get("CLEARBAY_MODE", Mode.SERVE)
        if name in (Mode.SERVE, Mode.COMMAND, Mode.DEMO):
            return Mode(name)
        self.refuse("CLEARBAY_MODE", "不认识这个值", "has a value nobody knows", "serve, command, demo")
        return Mode.SERVE

    def spelling(self) -> None:
        """A misspelt name would silently leave its default in place."""
        known = [setting.name for setting in SETTINGS]
        for name in sorted(self.told):
            if name.startswith("CLEARBAY_") and name not in known:
                near = difflib.get_close_matches(name, known, n=1) or ["./clearbay help"]
                self.object(about(name, "没有这个设置", "is not a setting", near[0]))

    def data(self) -> Path:
        """The folder of files, which exists and can be written."""
        name = "CLEARBAY_DATA"
        folder = absolute(self.told.get(name, "data"))
        if self.strict and name not in self.told:
            self.refuse(name, "没有设定", "is not set", "export CLEARBAY_DATA=/var/lib/clearbay")
            return folder
        for sentence in unwritable(name, folder):
            # A command that only reads may run where nothing can be written.
            (self.warnings if self.mode is Mode.COMMAND else self.refusals).append(sentence)
        free = free_megabytes(folder)
        if free < FREE_MB_WISHED:
            sentence = about(
                name, f"磁盘只剩 {free} MB", f"lies on a disk with only {free} MB free", f"≥ {FREE_MB_WISHED} MB"
            )
            (self.refusals if free < FREE_MB_NEEDED and self.strict else self.warnings).append(sentence)
        return folder

    def certificate(self, data: Path) -> None:
        """A word in time, before the tablets refuse."""
        if not (data / "authority").is_dir():
            return
        from views.authority import WARN_BELOW, Authority  # only where there is one

        left = Authority(data).days_left(datetime.now(UTC))
        if left is not None and left < WARN_BELOW:
            zh, en = f"HTTPS 证书还有 {left} 天", f"holds an HTTPS certificate with {left} days left"
            self.warnings.append(about("CLEARBAY_DATA", zh, en, "./clearbay certificate"))

    def database_url(self, data: Path) -> str:
        """The database's address as SQLAlchemy reads it, with an absolute path for SQLite."""
        name = "CLEARBAY_DATABASE_URL"
        text = self.told.get(name)
        if text is None:
            if self.strict:
                self.refuse(name, "没有设定", "is not set", "postgresql://… , sqlite:////var/lib/clearbay/clearbay.db")
            return f"sqlite:///{data / 'clearbay.db'}"
        scheme, _, rest = text.partition("://")
        if scheme == "sqlite":
            path = rest.partition("?")[0].removeprefix("/")
            if path in ("", ":memory:"):
                self.refuse(name, "内存数据库停止后就没了", "would be gone at the end", "sqlite:////…/clearbay.db")
                return text
            place = absolute(path)
            self.refusals.extend(unwritable(name, place.parent))
            return f"sqlite:///{place}"
        if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
            return "postgresql+psycopg://" + rest
        # Only the scheme is repeated: what follows may hold a password.
        self.refuse(name, f"不认识“{scheme[:20]}”", f"has an unknown scheme, “{scheme[:20]}”", "sqlite:///…, postgresql://…")
        return text

    def secret_key(self) -> str:
        """The key that signs; a demo has one that everybody knows, a command needs none."""
        name, key = "CLEARBAY_SECRET_KEY", self.told.get("CLEARBAY_SECRET_KEY", "")
        if self.mode is Mode.DEMO:
            return DEMO_KEY
        if self.mode is Mode.COMMAND and not key:
            return secrets.token_urlsafe(48)
        if not key:
            self.refuse(name, "没有设定", "is not set", MAKE_A_KEY)
        elif key == DEMO_KEY:
            self.refuse(name, "是人人皆知的演示密钥", "is the demo's key, which everybody knows", MAKE_A_KEY)
        elif len(key) < SHORTEST_KEY:
            zh, en = f"太短,至少 {SHORTEST_KEY} 个字符", f"is shorter than {SHORTEST_KEY} characters"
            self.refuse(name, zh, en, MAKE_A_KEY)
        elif len(set(key)) < 10:
            self.refuse(name, "不是随机的", "is not random", MAKE_A_KEY)
        return key

    def url(self) -> str | None:
        """The public address; plain http only where a browser trusts it: on this very machine."""
        name, url = "CLEARBAY_URL", self.told.get("CLEARBAY_URL", "").rstrip("/")
        if not url:
            return None
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.username:
            self.refuse(name, "须为 https://主机名", "must be https://host-name and nothing more", "https://clearbay.example")
        elif parts.scheme == "http" and parts.hostname not in LOOPBACK:
            zh = "没有 HTTPS,平板不能用相机,登录会被窃听"
            en = "without HTTPS gives tablets no camera and lets sign-ins be overheard"
            self.refuse(name, zh, en, f"https://{parts.netloc}")
        return url

    def bind(self) -> str:
        """Where the server listens; a demo is seen by this machine only."""
        name, bind = "CLEARBAY_BIND", self.told.get("CLEARBAY_BIND", "127.0.0.1:8000")
        host, colon, port = bind.rpartition(":")
        if bind.startswith("unix:"):
            return bind
        if not colon or not (port.isascii() and port.isdigit() and int(port) < 65536):
            self.refuse(name, "须为 地址:端口", "must be address:port", "127.0.0.1:8000")
        elif host.strip("[]") not in LOOPBACK:
            if self.mode is Mode.DEMO:
                en = "would show a demo, whose passwords everybody knows, to the network"
                self.refuse(name, "演示的密码人人皆知,只能在本机访问", en, "127.0.0.1:8000")
            elif self.strict and "CLEARBAY_PROXIES" not in self.told:
                en = "is reachable without HTTPS; tablets would have no camera"
                self.warnings.append(
                    about(name, "可从网络直接访问,没有 HTTPS;平板不能用相机", en, "Caddy, CLEARBAY_PROXIES=1")
                )
        return bind

    def number(self, name: str, usual: int, least: int) -> int:
        """A whole number."""
        text = self.told.get(name, str(usual))
        number = int(text) if text.isascii() and text.isdigit() else -1
        if number < least:
            self.refuse(name, "须为整数", "must be a whole number", f"≥ {least}")
        return number

    def backup_to(self, data: Path) -> Path | Bucket | None:
        """Another place for backups. It is not made here: a share that is not mounted must not become a folder."""
        name, text = "CLEARBAY_BACKUP_TO", self.told.get("CLEARBAY_BACKUP_TO")
        if text is None:
            return None
        if "://" in text:
            bucket = Bucket.read(text)
            if bucket is None:  # not repeated: it may hold a key
                zh, en = "须为文件夹或 s3://存储桶/前缀", "must be a folder or s3://bucket/prefix"
                self.refuse(name, zh, en, f"{SCHEME}bucket/clearbay")
            return bucket
        folder = absolute(text)
        if data in (folder, *folder.parents) or folder in data.parents:
            zh, en = "须与数据文件夹分开", "must lie apart from the folder of data"
            self.refuse(name, zh, en, "/mnt/nas/clearbay")
        elif not folder.is_dir():
            zh, en = f"没有这个文件夹 {folder},备份没有第二处", f"is no folder: {folder}; backups lie in one place only"
            self.warnings.append(about(name, zh, en, "mkdir, mount"))
        return folder

    def log(self) -> str:
        """Where the log goes: standard error, or a file in a folder that can be written."""
        log = self.told.get("CLEARBAY_LOG", "-")
        if log == "-":
            return log
        file = absolute(log)
        self.refusals.extend(unwritable("CLEARBAY_LOG", file.parent))
        return str(file)

    def language(self) -> str:
        """The language of whoever has not chosen one."""
        language = self.told.get("CLEARBAY_LANGUAGE", "zh")
        if language not in ("zh", "en"):
            self.refuse("CLEARBAY_LANGUAGE", "没有这种语言", "is not a language spoken here", "zh, en")
        return language



def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings told by `environ`. Raises Unready with every reason why this must not start."""
    reading = Reading(environ)
    reading.refusals.extend(machine_refusals())
    reading.spelling()
    data = reading.data()
    reading.certificate(data)
    reading.number("CLEARBAY_WORKERS", 2, least=1)
    reading.number("CLEARBAY_THREADS", 4, least=1)
    missing = list(unprintable())
    for sentence in missing:
        reading.object(sentence)
    backup_to = reading.backup_to(data)
    settings = Settings(
        database_url=reading.database_url(data),
        data=data,
        secret_key=reading.secret_key(),
        mode=reading.mode,
        bind=reading.bind(),
        url=reading.url(),
        proxies=reading.number("CLEARBAY_PROXIES", 0, least=0),
        language=reading.language(),
        log=reading.log(),
        backup_to=backup_to,
        s3=storage(reading, needed=isinstance(backup_to, Bucket)),
        mail=mail_server(reading),
        texts=gateway(reading),
        can_print=not missing,
        warnings=tuple(reading.warnings),
    )
    if reading.refusals:
        raise Unready(reading.refusals)
    return settings


def absolute(text: str) -> Path:
    """A relative path means the folder of the program, wherever the command was called from."""
    return (ROOT / Path(text).expanduser()).absolute()


def unwritable(name: str, folder: Path) -> Iterator[Sentence]:
    """Nothing, or why the folder that the setting `name` needs cannot be written. Makes the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as trouble:
        why = trouble.strerror or str(trouble)
        zh, en = f"无法写入 {folder}({why})", f"cannot write into {folder} ({why})"
        yield about(name, zh, en, f"mkdir -p {folder}; chown $(id -un) {folder}")


def free_megabytes(folder: Path) -> int:
    """How much room is left where `folder` lies, or will lie."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free // 1_000_000
