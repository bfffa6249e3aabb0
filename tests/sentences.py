"""Every sentence a reader may meet. ``python -m tests.sentences`` adds what is new to the catalogue."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

import models
from models.people import May
from views.html import word_key

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "translations/zh/LC_MESSAGES/messages.po"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "Say": None}
OPTIONS = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}


def sentences() -> dict[str, str]:
    """The sentences, each with a place where it stands."""
    return {sentence: where for sentence, _, where in found()}


def found() -> Iterator[tuple[str, str | None, str]]:
    """Sentence, its plural if it has one, and where it stands; each sentence once."""
    seen: set[str] = set()
    for sentence, plural, where in _everywhere():
        if sentence and sentence not in seen:
            seen.add(sentence)
            yield sentence, plural, where


def _everywhere() -> Iterator[tuple[str, str | None, str]]:
    sources = [("python", path) for place in ("models", "views", "demo") for path in (ROOT / place).rglob("*.py")]
    sources += [("jinja2.ext:babel_extract", path) for path in (ROOT / "templates").rglob("*.html")]
    for method, path in sorted(sources, key=lambda source: source[1]):
        for line, message, _, _ in extract_from_file(method, path, keywords=KEYWORDS, options=OPTIONS):
            words = message if isinstance(message, tuple) else (message, None)
            yield words[0], words[1], f"{path.relative_to(ROOT)}:{line}"
        if method == "python":
            yield from ((words, None, f"{path.relative_to(ROOT)}:{line}") for words, line in _of_acts(path))
    for kind in states():
        yield from ((word_key(member), None, f"{kind.__module__}.{kind.__name__}") for member in kind)


def _of_acts(path: Path) -> Iterator[tuple[str, int]]:
    """What remains of an act: ``@act(…, says="Work finished")``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.keyword) and node.arg == "says" and isinstance(node.value, ast.Constant):
            yield str(node.value.value), node.value.lineno


def states() -> list[type[StrEnum]]:
    """Every state, role and reason of the models: their words are shown."""
    for module in pkgutil.walk_packages(models.__path__, "models."):
        importlib.import_module(module.name)
    kinds, waiting = [], [StrEnum]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("models.") and kind is not May:
                kinds.append(kind)
    return sorted(kinds, key=lambda kind: (kind.__module__, kind.__name__))


def key(message: Message) -> str:
    """The sentence of an entry of the catalogue."""
    return str(message.id if isinstance(message.id, str) else message.id[0])


def translated(message: Message) -> bool:
    """Whether an entry has its Chinese, all of it, and nobody doubts it."""
    words = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(message.id) and all(words) and not message.fuzzy


def main() -> None:
    """Bring the catalogue up to date: new sentences are added empty, those nobody says any more are dropped."""
    known: dict[str, Any] = {}
    if CATALOGUE.exists():
        with CATALOGUE.open("rb") as file:
            known = {key(message): message for message in read_po(file, locale="zh") if message.id}
    fresh = Catalog(locale="zh", project="Clearbay", fuzzy=False, charset="utf-8")
    for sentence, plural, where in found():
        entry = fresh.add((sentence, plural) if plural else sentence, locations=[(where.partition(":")[0], None)])
        if sentence in known and isinstance(known[sentence].id, str) == (plural is None):
            entry.string = known[sentence].string
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        write_po(file, fresh, width=0, include_lineno=False, sort_by_file=False)
    empty = [key(message) for message in fresh if message.id and not translated(message)]
    print(f"{len(fresh)} sentences, {len(empty)} without Chinese")  # noqa: T201
    print(*empty, sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
