"""What templates can use: components as ``ui.<name>``, words in the reader's language, figures, the store's clock."""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any

from flask import Flask, current_app, g, has_request_context, request, url_for
from flask_babel import Babel, Domain, force_locale, get_locale, get_timezone, gettext
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from models.money import Fen
from models.people import Person
from models.stores import Store
from models.words import Named, Say
from views.access import me, now, permitted, store
from views.once import item_field, item_id
from views.places import places
from views.respond import came_from, notices
from views.states import unit_in_english, word_key

LANGUAGES = {"zh": "中文", "en": "English"}
THEMES = ("auto", "light", "dark")
NOTHING = "–"
UNIT_OF_A_NUMBER = re.compile(r"(?<=\d) (?=(?:[kcm]?m|k?g|m?l|L|Ah|V|W|A|MB|min|h|bar)\b)")


def init_html(app: Flask, *, language: str) -> None:
    """Set up the languages and the environment of the templates. ``language`` holds until somebody chooses."""
    app.config["LANGUAGE"] = language
    OneCatalogue(
        app, default_locale=language, default_translation_directories=f"{app.root_path}/translations",
        default_timezone="Asia/Shanghai", locale_selector=reader_language,
        timezone_selector=lambda: place.timezone if has_request_context() and (place := store()) else None,
    )
    html = app.jinja_env
    html.undefined = StrictUndefined
    html.finalize = _spoken
    html.trim_blocks = html.lstrip_blocks = True
    html.globals.update(
        ui=Components(html), may=permitted, now=now, item_id=item_id, item_field=item_field,
        get_flashed_messages=notices, **states(),
    )
    app.context_processor(page_facts)
    html.filters.update(
        say=told, word=word, money=money, fen=amount, hours=hours, clock=clock, day=day, moment=moment, iso=iso,
        unit=unit, masked=masked, masked_name=masked_name, masked_phone=masked_phone, named=named,
        dotted=dotted, together=together, unbroken=unbroken,
    )


def states() -> dict[str, type[StrEnum]]:
    """The states, roles and reasons of the models by name, so that a template says ``Stage.QUALITY``, not a string.

    Of a name that two modules use, each carries its module's: ``QualityVerdict``, ``KpiVerdict``.
    """
    found: dict[str, list[type[StrEnum]]] = {}
    waiting: list[type[StrEnum]] = [StrEnum]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith("models."):
                found.setdefault(kind.__name__, []).append(kind)
    return {
        name if len(kinds) == 1 else kind.__module__.split(".")[1].capitalize() + name: kind
        for name, kinds in found.items() for kind in kinds
    }


class OneCatalogue(Babel):
    """Flask-Babel would read the catalogue anew for every request."""

    @cached_property
    def domain_instance(self) -> Domain:
        return Domain(domain=self.domain)


class Components:
    """``ui.plate`` is the macro ``plate`` of templates/ui/plate.html, loaded once.

    Macros get everything as arguments; of the environment they see only globals and filters, never the page's names.
    """

    def __init__(self, html: Environment) -> None:
        self._html = html

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        macro = getattr(self._html.get_template(f"ui/{name}.html").module, name)
        if not self._html.auto_reload:
            setattr(self, name, macro)
        return macro


def _spoken(value: Any) -> Any:
    """``{{ refusal }}`` speaks to its reader, wherever it is written."""
    return told(value) if isinstance(value, Say) else value


def page_facts() -> dict[str, Any]:
    """What every page knows without being told: who reads it, where, in which language. Macros get it as arguments."""
    person, place = me(), store()
    return {
        "me": person, "store": place, "language": reader_language(), "theme": theme(),
        "store_name": store_name(place) if place else "",
        "my_role": role_words(person, place) if person and place else "",
        "here": request.full_path.rstrip("?") if request.method == "GET" else came_from(),
        "on_tablet": g.get("tablet") if person else None, "person_key": person_key(person) if person else "",
        "lock_after": place.setting("lock_after_minutes") if person and place and g.get("tablet") else None,
        "preferences_url": url_for("signin.preferences"), "sign_out_url": url_for("signin.leave"),
        "search_url": url_for(SEARCH) if person and SEARCH in current_app.view_functions else "",
        "places": places(person, place) if person and place else [],
    }


SEARCH = "search.page"


def person_key(person: Person) -> str:
    """Whose drafts are whose on a shared tablet, without saying who it is."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"drafts of {person.id}".encode(), "sha256").hexdigest()[:20]


def store_name(place: Store) -> str:
    """The store's name in the reader's language."""
    return place.name_zh if in_chinese() else place.name_en


def role_words(person: Person, place: Store) -> str:
    """A person's posts in a store, in words."""
    return " · ".join(word(role) for role in sorted(person.roles(place.id)))


# --------------------------------------------------------------------------- the reader


def reader_language() -> str:
    """The language of whoever reads: the person's own, else what this browser chose, else the house's."""
    if not has_request_context():
        return _house_language()
    person = me()
    chosen = person.language if person is not None else request.cookies.get("language")
    return chosen if chosen in LANGUAGES else _phones_language() or _house_language()


def _phones_language() -> str | None:
    """What the telephone of somebody without a sign-in speaks: whoever reads no Chinese gets English; None untold."""
    if request.blueprint not in ("guest", "check") or not request.accept_languages:
        return None
    return request.accept_languages.best_match(LANGUAGES, "en")


def _house_language() -> str:
    return current_app.config["LANGUAGE"]


def theme() -> str:
    """light, dark, or auto (as the device says)."""
    chosen = request.cookies.get("theme", "auto")
    return chosen if chosen in THEMES else "auto"


def in_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return str(get_locale() or "zh").startswith("zh")


# --------------------------------------------------------------------------- words


def named(name: Named) -> str:
    """A name that is kept in both languages, in the reader's."""
    return str(name) if in_chinese() or not name.en else name.en


def told(sentence: Say | str) -> str:
    """A sentence of the models in the reader's language, its facts written as the reader writes them."""
    if not isinstance(sentence, Say):
        return str(sentence)
    return _ready(sentence).told(gettext)


def _ready(sentence: Say) -> Say:
    return Say(sentence.sentence, **{name: _fact(fact) for name, fact in sentence.facts.items()})


def _fact(fact: Any) -> Any:
    """How a fact is written; plain numbers and words stay as they are."""
    match fact:
        case Say():
            return _ready(fact)
        case Named():
            return named(fact)
        case Fen():
            return money(fact)
        case datetime():
            return moment(fact)
        case date():
            return day(fact)
        case StrEnum():
            return word(fact)
        case list() | tuple():
            return together(_fact(one) for one in fact)
        case _:
            return fact


def together(names: Iterable[Any]) -> str:
    """Names beside each other: 王强、赵磊 in Chinese, Wang Qiang, Zhao Lei in English."""
    return ("、" if in_chinese() else ", ").join(told(one) for one in names)


def dotted(parts: Iterable[Any]) -> Markup:
    """What belongs together with dots between; a line breaks behind a dot, not within a part that fits on a line."""
    *some, last = [escape(told(part)) for part in parts if part] or [Markup()]
    return Markup().join([*(Markup('<span class="bit">{} ·</span> ').format(part) for part in some),
                          Markup('<span class="bit">{}</span>').format(last)])


def told_in(language: str, sentence: Say) -> str:
    """A sentence in a named language, for paper and messages that somebody else will read."""
    with force_locale(language):
        return told(sentence)


def word(member: StrEnum | None) -> str:
    """A state, role or reason as a word (views/states.py)."""
    return NOTHING if member is None else gettext(word_key(member))


def unit(of_a_part: str) -> str:
    """What a part is counted in: 桶, jug."""
    return of_a_part if in_chinese() else unit_in_english(of_a_part)


def unbroken(words: str) -> str:
    """Words in which no number stands at the end of a line without its unit: 5W-30 4 L."""
    return UNIT_OF_A_NUMBER.sub("\N{NO-BREAK SPACE}", words)


# --------------------------------------------------------------------------- figures


def money(value: int | None) -> str:
    """Fen as money: ¥1,303.00; nothing as –."""
    return NOTHING if value is None else f"{'-' if value < 0 else ''}¥{amount(abs(value))}"


def amount(value: int | None) -> str:
    """Fen as an amount without its sign of currency, for columns: 1,303.00."""
    return NOTHING if value is None else f"{Decimal(int(value)) / 100:,.2f}"


def hours(hundredths: int | None) -> str:
    """Hundredths of an hour: 150 is 1.50."""
    return NOTHING if hundredths is None else f"{Decimal(int(hundredths)) / 100:,.2f}"


# --------------------------------------------------------------------------- the store's clock


def _local(at: datetime) -> datetime:
    place = store()
    if place is not None:
        return place.local(at)
    return at.astimezone(get_timezone())


def clock(at: datetime | time | None) -> str:
    """The time on the store's wall: 10:20."""
    if at is None:
        return NOTHING
    return f"{_local(at) if isinstance(at, datetime) else at:%H:%M}"


MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(on: datetime | date | None) -> str:
    """A day of the store: 3月18日, 18 Mar; with its year if that is not this one."""
    if on is None:
        return NOTHING
    on = _local(on).date() if isinstance(on, datetime) else on
    this_year = on.year == _local(now()).year
    if in_chinese():
        return f"{on.month}月{on.day}日" if this_year else f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {MONTHS[on.month - 1]}" + ("" if this_year else f" {on.year}")


def moment(at: datetime | None) -> str:
    """A day and its time, without the day if it is today: 3月18日 10:20."""
    if at is None:
        return NOTHING
    return clock(at) if _local(at).date() == _local(now()).date() else f"{day(at)} {clock(at)}"


def iso(at: datetime | date | None) -> str:
    """For the attribute of ``<time datetime=…>``."""
    return "" if at is None else at.isoformat()


# --------------------------------------------------------------------------- for public screens


def masked(plate: str | None) -> str:
    """A plate that its owner recognises and a stranger does not learn: 沪A12345 is 沪A···45."""
    if not plate:
        return NOTHING
    bare = plate.replace("·", "").replace(" ", "")
    return bare[:2] + "·" * max(0, len(bare) - 4) + bare[-2:] if len(bare) > 4 else "·" * len(bare)


def masked_phone(number: str | None) -> str:
    """A telephone number that its owner recognises, without the last four digits, which are asked of them as a proof
    (models/proofs.py): 1990000····. Papers lie under the customer's link, and carry its code."""
    return "" if not number else number[:-4] + "·" * len(number[-4:])


def masked_name(name: str | None) -> str:
    """The family name only: 陈**."""
    return NOTHING if not name else name[0] + "*" * max(1, len(name) - 1)
