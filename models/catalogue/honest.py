"""Words that press or praise have no place on a fact sheet. A short declared list; nobody can pass over it.

Consumer law asks for true and full information (articles 8, 20) and forbids forced deals (10, 16): what is told of an
item is what is known of it, not why one should hurry, nor what others bought.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum, auto

from models.words import Say


class Presses(StrEnum):
    """What such a word does to whoever reads it."""

    HURRIES = auto()
    PRAISES = auto()
    FRIGHTENS = auto()


# Chinese words are found wherever they stand, also with blanks or signs between; English ones as whole words.
WORDS: dict[Presses, tuple[str, ...]] = {
    Presses.HURRIES: (
        "马上", "立刻", "赶紧", "赶快", "抓紧", "最后", "限时", "限量", "仅剩", "机会难得", "错过", "过期不候",
        "limited", "last chance", "hurry", "act now", "right now", "immediately", "today only", "while stocks last",
        "do not miss", "don't miss"),
    Presses.PRAISES: (
        "畅销", "热销", "爆款", "抢手", "人气", "大家都", "都在做", "首选", "最好", "最佳", "销量第一", "顶级", "神器",
        "best-selling", "best seller", "popular", "everybody does", "everyone does", "most customers",
        "number one", "top choice", "the best", "miracle"),
    Presses.FRIGHTENS: (
        "后悔", "致命", "毁掉", "后果自负", "后果不堪设想", "报废", "夺命",
        "regret", "deadly", "ruin", "at your own risk", "before it is too late"),
}
WHY: dict[Presses, Say] = {
    Presses.HURRIES: Say("“{word}” presses for time. A fact sheet says what is known and leaves the time to the "
                         "customer. Take it out, or say the fact: how far, by when, by whose measure."),
    Presses.PRAISES: Say("“{word}” praises or says what others buy. No data here carry that. Take it out, or say what "
                         "the item does."),
    Presses.FRIGHTENS: Say("“{word}” frightens. Say soberly what may happen if it is not done, and how likely that "
                           "is."),
}
_APART = re.compile(r"[\W_]+")


def _whole(word: str) -> re.Pattern[str]:
    parts = [re.escape(part).replace("'", "['’]?") for part in re.split(r"[ -]", word)]
    return re.compile("(?<![a-z])" + r"[\W_]*".join(parts) + "(?![a-z])")


_ENGLISH = [(kind, word, _whole(word)) for kind, words in WORDS.items() for word in words if word.isascii()]
# What ends on the same signs and means something else: beyond the limit (超限时), at the end of a term (期限时).
_NOT_AFTER = {"限时": "超期极上下"}
_CHINESE = [(kind, word, re.compile(f"(?<![{_NOT_AFTER[word]}]){word}" if word in _NOT_AFTER else word))
            for kind, words in WORDS.items() for word in words if not word.isascii()]


def pressing(text: str) -> Iterator[Say]:
    """Why a text cannot stand on a fact sheet, a sentence for each word; nothing for an honest one."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    for kind, word, whole in _ENGLISH:
        if whole.search(plain):
            yield Say(WHY[kind].sentence, word=word)
    together = _APART.sub("", plain)
    for kind, word, pattern in _CHINESE:
        if pattern.search(together):
            yield Say(WHY[kind].sentence, word=word)
