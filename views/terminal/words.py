"""words: every sentence a reader may meet, and the catalogue brought up to date with them."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

import models
from models.people import May
from views.states import word_key

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGUE = ROOT / "translations/zh/LC_MESSAGES/messages.po"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "Say": None}
OPTIONS = {"newstyle_gettext": "true", "trimmed": "true", "silent": "false"}
HEADER = r"""# The Chinese of Clearbay. `./clearbay words` adds what is new and drops what nobody says any more.
msgid ""
msgstr ""
"Language: zh\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""


@click.command("words")
def words() -> None:
    """更新译文目录 / bring the catalogue of sentences up to date and name those without Chinese."""
    missing = update()
    click.echo(f"{CATALOGUE.relative_to(ROOT)}: {len(sentences())} 句 / sentences, "
               f"{len(missing)} 句没有中文 / without Chinese")
    for sentence in missing:
        click.echo(f"  {sentence}")


def update() -> list[str]:
    """Write the catalogue anew from the sources, with the Chinese it had; tells the sentences that have none.

    The same sources give the same file to the byte: sorted, without places and dates.
    """
    known: dict[str, Any] = {}
    if CATALOGUE.exists():
        with CATALOGUE.open("rb") as file:
            known = {key(message): message for message in read_po(file, locale="zh") if message.id}
    fresh = Catalog(locale="zh", fuzzy=False, charset="utf-8")
    for sentence, plural, _ in found():
        entry = fresh.add((sentence, plural) if plural else sentence)
        if sentence in known and isinstance(known[sentence].id, str) == (plural is None):
            entry.string = known[sentence].string
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, fresh, width=0, omit_header=True, sort_output=True)
    return [key(message) for message in fresh if message.id and not translated(message)]


def sentences() -> dict[str, str]:
    """The sentences, each with a place where it stands."""
    return {sentence: where for sentence, _, where in found()}


def found() -> Iterator[tuple[str, str | None, str]]:
    """Sentence, its plural if it has one, and where it stands; each sentence once."""
    seen: set[str] = set()
    for sentence, plural, where in everywhere():
        if sentence and sentence not in seen:
            seen.add(sentence)
            yield sentence, plural, where


def everywhere() -> Iterator[tuple[str, str | None, str]]:
    """The same, once for each place."""
    sources = [("python", path) for place in ("models", "views", "demo") for path in (ROOT / place).rglob("*.py")]
    sources += [("jinja2.ext:babel_extract", path) for path in (ROOT / "templates").rglob("*.html")]
    for method, path in sorted(sources, key=lambda source: source[1]):
        where = path.relative_to(ROOT)
        for line, message, _, _ in extract_from_file(method, path, keywords=KEYWORDS, options=OPTIONS):
            said = message if isinstance(message, tuple) else (message, None)
            yield said[0], said[1], f"{where}:{line}"
        if method == "python":
            yield from ((said, None, f"{where}:{line}") for said, line in _declared(ast.parse(path.read_text("utf-8"))))
    for kind in states():
        yield from ((word_key(member), None, f"{kind.__module__}.{kind.__name__}") for member in kind)


def _declared(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """What remains of an act, ``@act(…, says="Work finished")``; and tables of words, ``LEVELS: dict[Level, str]``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "says" and isinstance(node.value, ast.Constant):
            yield str(node.value.value), node.value.lineno
    for node in tree.body:
        if (isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict) and isinstance(node.target, ast.Name)
                and node.target.id in TABLES):
            for value in node.value.values:
                if isinstance(value, ast.Constant):
                    yield str(value.value), value.lineno


TABLES = ("STAGES", "RIGHTS", "LEVELS")


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
    said = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return bool(message.id) and all(said) and not message.fuzzy


if __name__ == "__main__":
    words()
