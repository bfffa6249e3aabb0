"""By what an entry of the catalogue is found: any end of its number, its names, and how the Chinese one is spelt.

All of it is one text beside the entry, words apart by a space: whoever types the beginning of a word finds it. Ten
thousand entries are some megabytes, which both databases look through in a few thousandths of a second.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice, product

LONGEST = 16    # signs of a name that one types at most
SYLLABLES = 8   # that are spelt at most, from wherever one begins
READINGS = 2    # of one sign: 调 is tiao and diao
SPELLINGS = 12  # of one stretch, however many its signs have


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: letters, digits and Chinese signs, small, at most five."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return re.findall(r"[^\W_]+", plain)[:5]


def signs_of(code: str, name_zh: str, name_en: str, *numbers: str) -> str:
    """The words by which an entry is found, a space before each; ``numbers`` are others it goes by: the maker's, and
    those of the parts it has replaced."""
    name = _squashed(name_zh)
    found = {number[start:] for number in map(_squashed, (code, *numbers)) for start in range(max(1, len(number) - 1))}
    found |= {name[start:start + LONGEST] for start in range(len(name))}
    found |= set(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", name_en).casefold()))
    found |= {spelt for start in range(len(name)) if _is_chinese(name[start])
              for spelt in _spelt(name[start:start + SYLLABLES])}
    return "".join(f" {word}" for word in sorted(found) if word)


def _squashed(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold()))


def _is_chinese(sign: str) -> bool:
    return "\u4e00" <= sign <= "\u9fff"


def _spelt(name: str) -> Iterator[str]:
    """Full pinyin and initials of a stretch; what is not Chinese stays as it is, ü is v and u."""
    for syllables in islice(product(*(_readings(sign) for sign in name)), SPELLINGS):
        for spelt in ("".join(syllables), "".join(syllable[:1] for syllable in syllables)):
            yield from {spelt, spelt.replace("v", "u")}


@lru_cache(8_192)
def _readings(sign: str) -> tuple[str, ...]:
    if not _is_chinese(sign):
        return (sign,)
    # The dictionary takes a fifth of a second to load and is needed only where a name is written; see vehicles.finding.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
    from pypinyin import Style, pinyin

    return tuple(_first(pinyin(sign, style=Style.NORMAL, heteronym=True)[0]))


def _first(readings: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(readings))[:READINGS]
