"""What the machine must offer: Python, an SQLite that does not lose data, and what PDFs need."""

from __future__ import annotations

import ctypes
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from views.environment.sentences import Sentence

OLDEST_PYTHON = (3, 11)
OLDEST_SQLITE = (3, 51, 3)  # 3.7.0 to 3.51.2 can corrupt a database in WAL mode


def machine_refusals() -> Iterator[Sentence]:
    """Why this machine cannot run the app: its Python or its SQLite is too old. Nothing when it can."""
    if sys.version_info < OLDEST_PYTHON:
        here = ".".join(map(str, sys.version_info[:3]))
        yield Sentence(
            f"Python {here} 太旧,需要 3.11 或更新版本。→ 安装后删除 .venv,再启动一次",
            f"Python {here} is too old: 3.11 or newer is needed. → install it, delete .venv, start again",
        )
    found = sqlite_version()
    if found < OLDEST_SQLITE:
        here = ".".join(map(str, found)) or "–"
        yield Sentence(
            f"SQLite {here} 有可能损坏数据库的缺陷,需要 3.51.3 或更新版本。→ 删除 .venv,再启动一次",
            f"SQLite {here} may corrupt a database: 3.51.3 or newer is needed. → delete .venv, start again",
        )


def sqlite_version() -> tuple[int, ...]:
    """The SQLite that pysqlite3 carries (not the one inside Python); () when the package is absent."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return ()
    return tuple(int(part) for part in dbapi2.sqlite_version.split("."))


@functools.cache
def has_cjk_font() -> bool:
    """Is there a font with Chinese characters? Without one a PDF shows boxes, and nothing complains."""
    try:
        asked = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, timeout=60, check=False)  # noqa: S607
        return bool(asked.stdout.strip())
    except (OSError, subprocess.TimeoutExpired):
        return any(next(Path(place).glob("**/*CJK*"), None) for place in ("/usr/share/fonts", "/usr/local/share/fonts"))


@functools.cache
def has_pango() -> bool:
    """Is the library that sets the text of PDFs here? Only asked on Linux, where it is a package of its own."""
    if sys.platform != "linux":
        return True
    try:
        for library in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0"):
            ctypes.CDLL(library)
    except OSError:
        return False
    return True


def unprintable() -> Iterator[Sentence]:
    """What papers lack on this machine: the typesetting library or a Chinese font. Nothing when they can be printed."""
    if not has_pango():
        packages = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
        yield Sentence(
            f"缺少排版库 Pango,不能生成 PDF。→ sudo apt-get install -y {packages}",
            f"The library Pango is missing: no PDF can be made. → sudo apt-get install -y {packages}",
        )
    if not has_cjk_font():
        yield Sentence(
            "没有中文字体,PDF 中的汉字会变成方框。→ sudo apt-get install -y fonts-noto-cjk",
            "There is no font with Chinese characters; PDFs would show boxes. → sudo apt-get install -y fonts-noto-cjk",
        )
